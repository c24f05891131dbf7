#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>

#include "base/file.h"
#include "base/process.h"
#include "vm/instance.h"
#include "vm/swtpm.h"

static const char help[] =
	"usage: tdnode swtpm [options]\n"
	"\n"
	"Runs a software TPM in the foreground, for 'tdnode run --tpm-socket'; without that\n"
	"option every instance has a TPM of its own. It ends with the VM that used it, or on\n"
	"Ctrl-C; its state is kept.\n"
	"\n"
	"  --socket PATH  where it listens (swtpm/socket in the folder of instances)\n"
	"  --state DIR    folder of instances (~/.local/state/tdnode)\n"
	"\n"
	"example: tdnode swtpm\n";

/* Ends the child, which the terminal's Ctrl-C does not reach. */
static int wait_for_end(pid_t pid, const char *socket, struct error **err)
{
	sigset_t signals;
	int number;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (sigwait(&signals, &number) == 0 && number != SIGCHLD)
		kill(pid, SIGTERM);

	int r = process_wait(pid, "swtpm", err);

	unlink(socket);
	if (number != SIGCHLD) {
		error_free(*err);
		*err = NULL;
		return 0;
	}
	return r;
}

static int run_swtpm(int argc, char **argv, struct error **err)
{
	static const struct option options[] = {{"socket", required_argument, NULL, 'p'},
						{"state", required_argument, NULL, 's'},
						{0}};
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_free_ char *socket = NULL;
	_cleanup_free_ char *folder = NULL;
	const char *state = NULL;
	int option, r;
	pid_t pid;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == 's') {
			state = optarg;
		} else if (option == 'p') {
			free(socket);
			socket = strdup(optarg);
			if (!socket)
				return error_oom(err);
		} else {
			return command_bad_option(option, argv, err);
		}
	}
	if (optind != argc)
		return error_set(err, -ERROR_USAGE, "usage: tdnode swtpm [options]");
	r = instance_open(state, "swtpm", &i, err);
	if (r < 0)
		return r;
	if (!socket)
		socket = instance_file(&i, "socket");
	if (!socket)
		return error_oom(err);
	if (swtpm_is_alive(socket))
		return error_set(err, -EBUSY, "a TPM listens at '%s' already", socket);
	unlink(socket);
	r = instance_lock(&i, err);
	if (r < 0)
		return r;
	folder = instance_file(&i, "tpm");
	r = folder ? swtpm_prepare(folder, err) : error_oom(err);
	if (r >= 0)
		r = swtpm_start(folder, socket, &pid, err);
	if (r < 0)
		return r;
	printf("TPM at %s\n", socket);
	fflush(stdout);
	return wait_for_end(pid, socket, err);
}

const struct command command_swtpm = {
	.name = "swtpm",
	.summary = "run a software TPM for 'run' to use",
	.help = help,
	.run = run_swtpm,
};
