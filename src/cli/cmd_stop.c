#include "cli/command.h"

#include <errno.h>
#include <signal.h>

#include "cli/instance_argument.h"

/* Longer than machine_stop() waits. */
#define WAIT_SECONDS 90
#define POLL_MILLISECONDS 100

static const char help[] =
	"usage: tdnode stop [NAME] [options]\n"
	"\n"
	"Powers an instance off (as its power button would) and waits until it has ended.\n"
	"Without a name: the only instance that runs.\n"
	"\n"
	"  --state DIR  folder of instances (~/.local/state/tdnode)\n"
	"\n"
	"example: tdnode stop devnet\n";

static int run_stop(int argc, char **argv, struct error **err)
{
	const struct timespec pause = {0, POLL_MILLISECONDS * 1000000};
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_(instance_record_release) struct instance_record record = {0};
	int r = instance_argument(argc, argv, NULL, &i, err);

	if (r < 0)
		return r;
	if (!instance_is_running(&i))
		return error_set(err, -ENOENT, "instance '%s' does not run", i.name);
	r = instance_read_record(&i, &record, err);
	if (r < 0)
		return r;
	if (kill((pid_t)record.pid, SIGTERM) < 0)
		return error_errno(err, errno, "cannot stop '%s'", i.name);
	for (unsigned n = 0; n < WAIT_SECONDS * 1000 / POLL_MILLISECONDS; n++) {
		if (!instance_is_running(&i)) {
			printf("%s stopped\n", i.name);
			return 0;
		}
		nanosleep(&pause, NULL);
	}
	return error_set(err, -ETIMEDOUT, "instance '%s' still runs after %d seconds", i.name,
			 WAIT_SECONDS);
}

const struct command command_stop = {
	.name = "stop",
	.summary = "power an instance off",
	.help = help,
	.run = run_stop,
};
