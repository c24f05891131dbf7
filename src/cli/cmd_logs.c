#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "cli/instance_argument.h"

#define POLL_MILLISECONDS 200

static const char help[] = "usage: tdnode logs [NAME] [options]\n"
			   "\n"
			   "Prints the serial console of an instance's last run. Without a name: the only\n"
			   "instance that runs.\n"
			   "\n"
			   "  --follow     go on until the instance ends\n"
			   "  --state DIR  folder of instances (~/.local/state/tdnode)\n"
			   "\n"
			   "example: tdnode logs devnet --follow\n";

static int print_rest(int fd, struct error **err)
{
	uint8_t chunk[65536];
	ssize_t got;

	while ((got = read(fd, chunk, sizeof chunk)) > 0) {
		int r = write_full(STDOUT_FILENO, SPAN(chunk, (size_t)got));

		if (r < 0)
			return error_errno(err, -r, "cannot write to standard output");
	}
	return got < 0 ? error_errno(err, errno, "cannot read the console") : 0;
}

static int run_logs(int argc, char **argv, struct error **err)
{
	const struct timespec pause = {0, POLL_MILLISECONDS * 1000000};
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	bool follow = false, running;
	int r = instance_argument(argc, argv, "follow", &follow, &i, err);

	if (r < 0)
		return r;
	path = instance_file(&i, "console.log");
	if (!path)
		return error_oom(err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "no console of '%s'", i.name);
	do {
		/* Asked before reading: what came before the end is printed. */
		running = follow && instance_is_running(&i);
		r = print_rest(fd, err);
		if (running)
			nanosleep(&pause, NULL);
	} while (r >= 0 && running);
	return r;
}

const struct command command_logs = {
	.name = "logs",
	.summary = "print an instance's console",
	.help = help,
	.run = run_logs,
};
