/*
 * The decision of guest/checkpoint, with files and times of a test:
 *
 *	oracle_checkpoint LIST CONFIGURATION CA-FILE ATTEMPT-MS PAUSE-MS TOTAL-MS
 */
#include <inttypes.h>
#include <stdarg.h>

#include "base/file.h"
#include "guest/checkpoint/checkpoint.h"

static void _printf_(1, 2) say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	puts("");
}

static int run(char **argv, struct error **err)
{
	const struct checkpoint_options options = {
		.ca_file = argv[3],
		.attempt_milliseconds = (unsigned)strtoul(argv[4], NULL, 10),
		.pause_milliseconds = (unsigned)strtoul(argv[5], NULL, 10),
		.total_milliseconds = (unsigned)strtoul(argv[6], NULL, 10),
	};
	_cleanup_(buffer_release) struct buffer list = BUFFER_INIT(CHECKPOINT_FILE_MAX),
						configuration = BUFFER_INIT(CHECKPOINT_FILE_MAX);
	_cleanup_(checkpoint_plan_release) struct checkpoint_plan plan = {0};
	struct checkpoint_start start;
	int r = file_read(argv[1], CHECKPOINT_FILE_MAX, &list, err);

	if (r >= 0)
		r = file_read(argv[2], CHECKPOINT_FILE_MAX, &configuration, err);
	if (r >= 0)
		r = checkpoint_plan_make(buffer_span(&list), buffer_span(&configuration), &plan,
					 err);
	if (r >= 0)
		r = checkpoint_decide(&plan, &options, say, &start, err);
	if (r < 0)
		return r;
	say("agreed: epoch %" PRIu64, start.checkpoint.epoch);
	say("from: %s", start.url);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r = argc == 7 ? run(argv, &err) : error_set(&err, -ERROR_USAGE, "six arguments");

	if (r < 0)
		fprintf(stderr, "%s\n", error_message(err));
	return error_exit_status(r);
}
