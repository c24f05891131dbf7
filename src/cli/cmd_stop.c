/*
 * tdnode stop [NAME]: powers an instance off.
 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "cli/instance_argument.h"
#include "cli/shared_options.h"
#include "vm/machine.h"

/* Longer than machine_stop() waits: for two clients, and what comes before and after. */
#define WAIT_SECONDS (2 * MACHINE_CLIENT_STOP_SECONDS + 90)
#define POLL_MILLISECONDS 100

struct arguments {
	const char *name;
	const char *state;
};

static const struct option_spec options[] = {
	OPTION_STATE(struct arguments, state),
	OPTIONS_END,
};

/* Reads on in the console, and says which client is being waited for. */
static void show_client(int fd, struct console *c)
{
	const char *shown = c->stopping;
	uint8_t bytes[4096];
	ssize_t got;

	while (fd >= 0 && (got = read(fd, bytes, sizeof bytes)) > 0)
		console_take(c, SPAN(bytes, (size_t)got));
	if (c->stopping && c->stopping != shown) {
		printf("the %s is ending, which may take minutes\n", c->stopping);
		fflush(stdout);
	}
}

/* Until the process of the instance has ended. */
static bool wait_for_end(const struct instance *i)
{
	const struct timespec pause = {0, POLL_MILLISECONDS * 1000000};
	_cleanup_free_ char *log = instance_file(i, "console.log");
	_cleanup_close_ int fd = log ? open(log, O_RDONLY | O_CLOEXEC) : -1;
	_cleanup_(console_release) struct console console = {0};

	for (unsigned n = 0; n < WAIT_SECONDS * 1000 / POLL_MILLISECONDS; n++) {
		if (!instance_is_running(i))
			return true;
		show_client(fd, &console);
		nanosleep(&pause, NULL);
	}
	return false;
}

static int run_stop(int argc, char **argv, struct error **err)
{
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_(instance_record_release) struct instance_record record = {0};
	struct arguments a = {0};
	int r = command_parse(&command_stop, argc, argv, &a, err);

	if (r >= 0)
		r = instance_find(a.state, a.name, &i, err);
	if (r < 0)
		return r;
	if (!instance_is_running(&i))
		return error_set(err, -ENOENT, "instance '%s' is not running", i.name);
	r = instance_read_record(&i, &record, err);
	if (r < 0)
		return r;
	if (kill((pid_t)record.pid, SIGTERM) < 0)
		return error_errno(err, errno, "cannot stop '%s'", i.name);
	if (wait_for_end(&i)) {
		printf("%s stopped\n", i.name);
		return 0;
	}
	return error_set(err, -ETIMEDOUT, "instance '%s' is still running after %d seconds", i.name,
			 WAIT_SECONDS);
}

const struct command command_stop = {
	.name = "stop",
	.summary = "power an instance off",
	.forms = {{.operands = {OPERAND_OPTIONAL("NAME", struct arguments, name)}}},
	.about = "Powers an instance off (as its power button would) and waits until it has ended. "
		 "Without a name: the only instance that runs.",
	.options = options,
	.example = "tdnode stop devnet",
	.run = run_stop,
};
