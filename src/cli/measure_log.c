#include "cli/measure_log.h"

#include "base/file.h"
#include "cli/command.h"
#include "explain/log_judgement.h"

/* What such a log can show: whatever is compared, it is by digests that can be forged. */
static void text_sha1_only(const struct firmware_log *log, struct buffer *text)
{
	if (log->banks_present == 1u << EVENT_SHA1)
		buffer_put_string(text,
				  "the log has SHA-1 digests alone: PCRs are compared in that "
				  "bank, where equal digests do not prove equal content\n");
}

static int read_log(const char *path, struct buffer *bytes, struct firmware_log *ret,
		    struct error **err)
{
	int r = file_read(path, FIRMWARE_LOG_MAX, bytes, err);

	if (r < 0)
		return r;
	r = firmware_log_parse(buffer_span(bytes), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

int measure_log(const char *file, const struct measure_options *options,
		const struct measurement *m, const struct measure_logs *logs, bool json,
		struct error **err)
{
	_cleanup_(log_judgement_release) struct log_judgement judgement = {0};
	_cleanup_(firmware_log_release) struct firmware_log log = {0}, good = {0};
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(FIRMWARE_LOG_MAX);
	_cleanup_(buffer_release) struct buffer good_bytes = BUFFER_INIT(FIRMWARE_LOG_MAX);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOG_REPORT_MAX);
	struct log_given given = {.log = &log};
	int r = read_log(logs->boot, &bytes, &log, err);

	if (r >= 0 && logs->platform) {
		r = read_log(logs->platform, &good_bytes, &good, err);
		given.good = &good;
	}
	if (r >= 0)
		r = log_judge(file, options, m, &given, &judgement, err);
	if (r < 0)
		return r;
	if (json) {
		r = log_judgement_json(&judgement, &text, err);
	} else {
		text_sha1_only(&log, &text);
		log_judgement_text(&judgement, &text);
	}
	if (r >= 0)
		r = command_print_buffer(&text, err);
	if (r < 0)
		return r;
	r = log_judgement_verdict(&judgement, err);
	return r < 0 ? error_wrap(err, r, "%s", logs->boot) : 0;
}
