#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/guest_failed.h"
#include "guest/disk/disk.h"

static void _printf_(1, 2) say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("tdnode-disk: ", stdout);
	vprintf(fmt, args);
	fputs("\n", stdout);
	fflush(stdout);
	va_end(args);
}

/* Secrets do not leave through a core dump or a debugger. */
static bool forbid_dumps(void)
{
	const struct rlimit none = {0, 0};

	return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r;

	if (argc != 2 || (!string_equal(argv[1], "open") && !string_equal(argv[1], "close"))) {
		fputs("tdnode-disk: usage: disk open|close\n", stderr);
		return 2;
	}
	if (!forbid_dumps()) {
		guest_failed("tdnode-disk", "cannot forbid core dumps");
		return 1;
	}
	r = string_equal(argv[1], "open") ? disk_open(say, &err) : disk_close(say, &err);
	if (r >= 0)
		return 0;
	guest_failed("tdnode-disk", error_message(err));
	return error_exit_status(r);
}
