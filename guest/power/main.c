#include "guest/power/power.h"

#include <errno.h>
#include <signal.h>

#include "base/text.h"

/* As /usr/sbin/poweroff it is what the kernel starts when Hyper-V asks for a shutdown. */
static bool is_asked(const char *name)
{
	return string_equal(path_basename(name), "poweroff");
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r = argc > 0 && is_asked(argv[0]) ? 0 : power_wait("/dev/input", &err);

	/* SIGRTMIN+4 starts poweroff.target (systemd(1), "Signals"). */
	if (r >= 0 && kill(1, SIGRTMIN + 4) < 0)
		r = error_errno(&err, errno, "cannot signal the first process");
	if (r >= 0)
		return 0;
	fprintf(stderr, "tdnode-power: %s\n", error_message(err));
	/* A machine without a button is as it should be: no reason to start again. */
	return r == -ENODEV ? 0 : 1;
}
