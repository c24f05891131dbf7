/*
 * tdnode log-events: the firmware's log, of an instance's last run or in a file.
 */
#include "cli/command.h"

#include <errno.h>

#include "base/file.h"
#include "cli/instance_argument.h"
#include "cli/shared_options.h"
#include "explain/log_events.h"

struct arguments {
	const char *name;
	const char *file;
	const char *state;
	bool raw;
	bool json;
};

static const struct option_spec options[] = {
	OPTION_TEXT(
		"file", "EVENTLOG", struct arguments, file,
		"instead of NAME: a log from elsewhere, binary_bios_measurements of a TPM or the "
		"data of a TDX machine's CCEL table"),
	OPTION_FLAG("raw", struct arguments, raw, "write the log as it is"),
	OPTION_FLAG("json", struct arguments, json,
		    "print everything, all digests included, as JSON"),
	OPTION_STATE(struct arguments, state),
	OPTIONS_END,
};

static int parse_arguments(int argc, char **argv, struct arguments *a, struct error **err)
{
	int r = command_parse(&command_log_events, argc, argv, a, err);

	if (r < 0)
		return r;
	if (a->raw && a->json)
		return error_set(err, -ERROR_USAGE, "--raw and --json cannot be combined");
	if (a->file && (a->name || a->state))
		return error_set(err, -ERROR_USAGE, "--file names a log: name no instance as well");
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
			return error_set(err, -ENOENT,
					 "the last run of '%s' left no firmware log: the guest "
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
	.forms = {{.operands = {OPERAND_OPTIONAL("NAME", struct arguments, name)}}},
	.about = "Prints the firmware's event log of an instance's last run: a line for each event "
		 "with its number, register, type, digest and data, and the registers that the "
		 "events lead to. Without a name: the only instance that runs.",
	.options = options,
	.example = "tdnode log-events devnet",
	.run = run_log_events,
};
