/*
 * tdnode swtpm: a TPM in the foreground, for runs to use.
 */
#include "cli/command.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/process.h"
#include "cli/shared_options.h"
#include "vm/instance.h"
#include "vm/swtpm.h"

struct arguments {
	const char *socket;
	const char *state;
};

static const struct option_spec options[] = {
	OPTION_TEXT("socket", "PATH", struct arguments, socket,
		    "where it listens (swtpm/socket in the folder of instances)"),
	OPTION_STATE(struct arguments, state),
	OPTIONS_END,
};

/* Holds back what ends the command, from before the child starts: no moment is left at which it would outlive us. */
static sigset_t hold_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signals;
}

/* Ends the child, which the terminal's Ctrl-C does not reach. */
static int wait_for_end(pid_t pid, const char *socket, const sigset_t *signals, struct error **err)
{
	int number;

	if (sigwait(signals, &number) == 0 && number != SIGCHLD)
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

/* What is left of an earlier one goes; any other file stays. */
static int clear_place(const char *socket, struct error **err)
{
	struct stat st;

	if (swtpm_is_alive(socket))
		return error_set(err, -EBUSY, "a TPM already listens at '%s'", socket);
	if (lstat(socket, &st) < 0)
		return errno == ENOENT ? 0 : error_errno(err, errno, "%s", socket);
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, -EEXIST, "'%s' exists, and is no socket", socket);
	return unlink(socket) < 0 ? error_errno(err, errno, "%s", socket) : 0;
}

static int run_swtpm(int argc, char **argv, struct error **err)
{
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_free_ char *socket = NULL;
	_cleanup_free_ char *folder = NULL, *authority = NULL;
	struct arguments a = {0};
	int r = command_parse(&command_swtpm, argc, argv, &a, err);
	sigset_t signals;
	pid_t pid;

	if (r >= 0)
		r = instance_open(a.state, "swtpm", &i, err);
	if (r < 0)
		return r;
	socket = a.socket ? strdup(a.socket) : instance_file(&i, "socket");
	if (!socket)
		return error_oom(err);
	r = clear_place(socket, err);
	if (r >= 0)
		r = instance_lock(&i, err);
	if (r < 0)
		return r;
	folder = instance_file(&i, "tpm");
	authority = instance_authority(&i);
	r = folder && authority ? swtpm_prepare(folder, authority, err) : error_oom(err);
	if (r < 0)
		return r;
	signals = hold_signals();
	r = swtpm_start(folder, socket, &pid, err);
	if (r < 0)
		return r;
	printf("TPM at %s\n", socket);
	fflush(stdout);
	return wait_for_end(pid, socket, &signals, err);
}

const struct command command_swtpm = {
	.name = "swtpm",
	.summary = "run a software TPM for 'run' to use",
	.about = "Runs a software TPM in the foreground, for 'tdnode run --tpm-socket'; without "
		 "that option every instance has a TPM of its own. It ends with the VM that used "
		 "it, or on Ctrl-C; its state is kept.",
	.options = options,
	.example = "tdnode swtpm",
	.run = run_swtpm,
};
