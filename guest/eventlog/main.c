/*
 * Prints the firmware's event log on the console (src/formats/eventlog_lines.h), for `tdnode run`.
 */
#include "base/file.h"
#include "formats/eventlog_lines.h"

/* systemd mounts securityfs; the kernel shows the log there if firmware left one and a TPM is there. */
#define LOG_PATH "/sys/kernel/security/tpm0/binary_bios_measurements"
/* Four characters for three bytes, and the prefix of each line. */
#define TEXT_MAX (2 * EVENTLOG_LINES_MAX)

static int run(struct error **err)
{
	_cleanup_(buffer_release) struct buffer log = BUFFER_INIT(EVENTLOG_LINES_MAX);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
	int r;

	if (path_is_absent(LOG_PATH))
		return 0;
	r = file_read(LOG_PATH, EVENTLOG_LINES_MAX, &log, err);
	if (r < 0)
		return r;
	eventlog_lines_encode(buffer_span(&log), &text);
	if (!buffer_ok(&text))
		return error_oom(err);
	/* One write: other programs' lines do not get in between. */
	r = write_full(STDOUT_FILENO, buffer_span(&text));
	return r < 0 ? error_errno(err, -r, "cannot write the event log") : 0;
}

int main(void)
{
	_cleanup_error_ struct error *err = NULL;

	if (run(&err) >= 0)
		return 0;
	fprintf(stderr, "tdnode-eventlog: %s\n", error_message(err));
	return 1;
}
