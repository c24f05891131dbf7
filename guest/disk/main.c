#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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

static int mount_disk(say_function tell, struct error **err)
{
	int r = filesystem_mount(err);

	if (r >= 0)
		tell(DISK_MOUNT " is ready");
	return r;
}

static int unmount_disk(say_function tell, struct error **err)
{
	int r = filesystem_unmount(err);

	if (r >= 0)
		tell(DISK_MOUNT " is unmounted");
	return r;
}

static const struct {
	const char *name;
	int (*run)(say_function tell, struct error **err);
} verbs[] = {
	{"open", disk_open},
	{"mount", mount_disk},
	{"unmount", unmount_disk},
	{"close", disk_close},
};

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	size_t i = 0;
	int r;

	while (i < ARRAY_SIZE(verbs) && (argc != 2 || !string_equal(argv[1], verbs[i].name)))
		i++;
	if (i == ARRAY_SIZE(verbs)) {
		fputs("tdnode-disk: usage: disk open|mount|unmount|close\n", stderr);
		return 2;
	}
	if (!forbid_dumps()) {
		fputs("tdnode-disk: cannot forbid core dumps\n", stderr);
		return 1;
	}
	r = verbs[i].run(say, &err);
	if (r >= 0)
		return 0;
	fprintf(stderr, "tdnode-disk: %s\n", error_message(err));
	return error_exit_status(r);
}
