/*
 * What the machine says about itself on its console, for `tdnode run`: the registers of its TPM
 * (guest/report/console_report.h), then the firmware's event log (src/formats/eventlog_lines.h).
 */
#include "guest/report/console_report.h"

#include <errno.h>

#include "base/file.h"
#include "formats/eventlog_lines.h"

#define FILE_MAX (64u << 10)
/* systemd mounts securityfs; the kernel shows the log there if firmware left one and a TPM is there. */
#define LOG_PATH "/sys/kernel/security/tpm0/binary_bios_measurements"
/* Four characters for three bytes, and the prefix of each line. */
#define LOG_TEXT_MAX (2 * EVENTLOG_LINES_MAX)

/* One write: other programs' lines do not get in between. */
static int say(const struct buffer *text, const char *what, struct error **err)
{
	int r = buffer_ok(text) ? write_full(STDOUT_FILENO, buffer_span(text)) : -ENOMEM;

	return r < 0 ? error_errno(err, -r, "cannot write the %s", what) : 0;
}

static int say_registers(struct error **err)
{
	_cleanup_(buffer_release) struct buffer command_line = BUFFER_INIT(FILE_MAX);
	_cleanup_(buffer_release) struct buffer os_release = BUFFER_INIT(FILE_MAX);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REPORT_MAX);
	int r = file_read("/proc/cmdline", FILE_MAX, &command_line, err);

	if (r >= 0)
		r = file_read("/usr/lib/os-release", FILE_MAX, &os_release, err);
	if (r >= 0)
		r = report_make("/sys/class/tpm/tpm0", buffer_span(&command_line),
				report_is_debug(buffer_span(&os_release)), &text, err);
	return r < 0 ? r : say(&text, "registers", err);
}

static int say_log(struct error **err)
{
	_cleanup_(buffer_release) struct buffer log = BUFFER_INIT(EVENTLOG_LINES_MAX);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOG_TEXT_MAX);
	int r;

	if (path_is_absent(LOG_PATH))
		return 0;
	r = file_read(LOG_PATH, EVENTLOG_LINES_MAX, &log, err);
	if (r < 0)
		return r;
	eventlog_lines_encode(buffer_span(&log), &text);
	return say(&text, "event log", err);
}

int main(void)
{
	_cleanup_error_ struct error *err = NULL;
	int r = say_registers(&err);

	if (r >= 0)
		r = say_log(&err);
	if (r >= 0)
		return 0;
	fprintf(stderr, "tdnode-report: %s\n", error_message(err));
	return 1;
}
