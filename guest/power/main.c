#include "guest/power/power.h"

#include <errno.h>
#include <signal.h>

int main(void)
{
	_cleanup_error_ struct error *err = NULL;
	int r = power_wait("/dev/input", &err);

	/* SIGRTMIN+4 starts poweroff.target (systemd(1), "Signals"). */
	if (r >= 0 && kill(1, SIGRTMIN + 4) < 0)
		r = error_errno(&err, errno, "cannot signal the first process");
	if (r >= 0)
		return 0;
	fprintf(stderr, "tdnode-power: %s\n", error_message(err));
	return 1;
}
