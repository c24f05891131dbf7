#include "guest/report/console_report.h"

#include "base/file.h"

#define FILE_MAX (64u << 10)

static int run(struct error **err)
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
	if (r < 0)
		return r;
	r = write_full(STDOUT_FILENO, buffer_span(&text));
	return r < 0 ? error_errno(err, -r, "cannot write the report") : 0;
}

int main(void)
{
	_cleanup_error_ struct error *err = NULL;

	if (run(&err) >= 0)
		return 0;
	fprintf(stderr, "tdnode-report: %s\n", error_message(err));
	return 1;
}
