#include "guest/node/node.h"

#include <errno.h>
#include <time.h>

#include "base/file.h"

static bool role_is_known(const char *role)
{
	return string_equal(role, "execution") || string_equal(role, "consensus");
}

static int launch(const char *role, struct error **err)
{
	return node_launch(role, err);
}

static int wait_for(const char *role, struct error **err)
{
	_cleanup_(role_release) struct role client = {0};
	int r = node_role_read(role, &client, err);

	return r < 0 ? r : probe_wait(client.ready_port, 0, err);
}

/* systemd says which process it has started. */
static pid_t main_process(void)
{
	const char *text = getenv("MAINPID");
	uint64_t pid = 0;

	return text && parse_u64(span_string(text), INT32_MAX, &pid) ? (pid_t)pid : 0;
}

/* The file goes with the role's folder in /run when the client ends. */
static int tell_ready(const char *role, struct error **err)
{
	_cleanup_(role_release) struct role client = {0};
	_cleanup_free_ char *path = string_printf("/run/%s/ready", role);
	_cleanup_free_ char *text = NULL;
	int r = path ? node_role_read(role, &client, err) : error_oom(err);

	if (r >= 0)
		r = probe_wait(client.ready_port, main_process(), err);
	if (r < 0)
		return r;
	text = string_printf("%s\n", client.client);
	return text ? file_write(path, span_string(text), err) : error_oom(err);
}

static int tell_failed(const char *role, struct error **err)
{
	(void)err;
	printf("tdnode-node: the %s client ended too often and is not started again before the "
	       "next boot\n",
	       role);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const char *argument, struct error **err);
	bool takes_role;
} commands[] = {
	{"failed", tell_failed, true},	     {"launch", launch, true}, {"ready", tell_ready, true},
	{"secret", node_secret_make, false}, {"wait", wait_for, true},
};

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;

	for (size_t i = 0; argc == 3 && i < ARRAY_SIZE(commands); i++) {
		int r;

		if (!string_equal(argv[1], commands[i].name) ||
		    (commands[i].takes_role && !role_is_known(argv[2])))
			continue;
		r = commands[i].run(argv[2], &err);
		if (r < 0)
			fprintf(stderr, "tdnode-node: %s: %s\n", argv[2], error_message(err));
		return error_exit_status(r);
	}
	fputs("tdnode-node: usage: node launch|ready|wait|failed execution|consensus, node secret "
	      "FILE\n",
	      stderr);
	return 2;
}
