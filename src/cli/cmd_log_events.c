/*
 * tdnode log-events: the firmware's log, of an instance's last run or in a file.
 */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>

#include "base/file.h"
#include "cli/instance_argument.h"
#include "explain/log_events.h"

static const char help[] = "usage: tdnode log-events [NAME] [options]\n"
			   "       tdnode log-events --file EVENTLOG [options]\n"
			   "\n"
			   "Prints the firmware's event log of an instance's last run: a line for "
			   "each event with its\n"
			   "number, register, type, digest and data, and the registers that the "
			   "events lead to. Without\n"
			   "a name: the only instance that runs.\n"
			   "\n"
			   "  --file EVENTLOG  a log from elsewhere: binary_bios_measurements of a "
			   "TPM, or the data of a\n"
			   "                   TDX machine's CCEL table\n"
			   "  --raw            write the log as it is\n"
			   "  --json           print everything, all digests included, as JSON\n"
			   "  --state DIR      folder of instances (~/.local/state/tdnode)\n"
			   "\n"
			   "example: tdnode log-events devnet\n";

struct arguments {
	const char *name;
	const char *file;
	const char *state;
	bool raw;
	bool json;
};

static int parse_arguments(int argc, char **argv, struct arguments *a, struct error **err)
{
	static const struct option options[] = {
		{"file", required_argument, NULL, 'f'},
		{"raw", no_argument, NULL, 'r'},
		{"json", no_argument, NULL, 'j'},
		{"state", required_argument, NULL, 's'},
		{0},
	};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == 'f')
			a->file = optarg;
		else if (option == 'r')
			a->raw = true;
		else if (option == 'j')
			a->json = true;
		else if (option == 's')
			a->state = optarg;
		else
			return command_bad_option(option, argv, err);
	}
	if (argc - optind > 1)
		return error_set(err, -ERROR_USAGE, "usage: tdnode log-events [NAME] [options]");
	if (optind < argc)
		a->name = argv[optind];
	if (a->raw && a->json)
		return error_set(err, -ERROR_USAGE, "--raw and --json do not go together");
	if (a->file && (a->name || a->state))
		return error_set(err, -ERROR_USAGE,
				 "--file names a log: an instance does not go with it");
	return 0;
}

static int find_log(const struct arguments *a, char **ret, struct error **err)
{
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_free_ char *path = NULL;
	int r;

	if (a->file) {
		path = strdup(a->file);
	} else {
		r = instance_find(a->state, a->name, &i, err);
		if (r < 0)
			return r;
		path = instance_file(&i, INSTANCE_EVENTLOG);
		if (path && !path_exists(path))
			return error_set(
				err, -ENOENT,
				"the last run of '%s' left no log of the firmware: the guest "
				"sends it a moment after the node is started",
				i.name);
	}
	if (!path)
		return error_oom(err);
	*ret = TAKE_PTR(path);
	return 0;
}

static int make_text(const struct arguments *a, struct span bytes, struct buffer *text,
		     struct error **err)
{
	_cleanup_(firmware_log_release) struct firmware_log log = {0};
	int r = firmware_log_parse(bytes, &log, err);

	if (r < 0)
		return r;
	if (a->json)
		return firmware_log_json(&log, text, err);
	firmware_log_text(&log, text);
	return buffer_ok(text) ? 0 : error_oom(err);
}

static int run_log_events(int argc, char **argv, struct error **err)
{
	struct arguments a = {0};
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(FIRMWARE_LOG_MAX);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOG_EVENTS_MAX);
	_cleanup_free_ char *path = NULL;
	int r = parse_arguments(argc, argv, &a, err);

	if (r >= 0)
		r = find_log(&a, &path, err);
	if (r >= 0)
		r = file_read(path, FIRMWARE_LOG_MAX, &bytes, err);
	if (r < 0)
		return r;
	if (!a.raw) {
		r = make_text(&a, buffer_span(&bytes), &text, err);
		if (r < 0)
			return error_wrap(err, r, "%s", path);
	}
	return command_print(buffer_span(a.raw ? &bytes : &text), err);
}

const struct command command_log_events = {
	.name = "log-events",
	.summary = "print the firmware's event log of an instance's last run",
	.help = help,
	.run = run_log_events,
};
