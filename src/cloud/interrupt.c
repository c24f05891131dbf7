#include "cloud/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"

static void signals_of(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void interrupt_block(void)
{
	sigset_t set;

	signals_of(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

bool interrupt_wait(struct interrupt *i, int64_t milliseconds)
{
	const int64_t end = clock_milliseconds() + milliseconds;
	sigset_t set;

	signals_of(&set);
	for (;;) {
		int64_t left = MAX(end - clock_milliseconds(), 0);
		const struct timespec time = {left / 1000, left % 1000 * 1000000};

		if (i->asked)
			return true;
		if (sigtimedwait(&set, NULL, &time) > 0)
			i->asked = true;
		else if (left == 0)
			return false;
	}
}

int interrupt_check(struct interrupt *i, struct error **err)
{
	return interrupt_wait(i, 0) ? error_set(err, -ERROR_STOPPED,
						"stopped: the same command goes on from here")
				    : 0;
}
