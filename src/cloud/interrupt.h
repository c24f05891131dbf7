/*
 * Ctrl-C while something is under way in the cloud: it is noticed between two calls, so that what is open is closed
 * before the program ends.
 */
#pragma once

#include "base/error.h"

struct interrupt {
	bool asked; /* by SIGINT or SIGTERM, or who was waiting for us is gone (SIGHUP) */
};

/* From now on these signals wait for interrupt_wait(). */
void interrupt_block(void);

/* True at once if somebody asked to stop, and false after `milliseconds`. */
bool interrupt_wait(struct interrupt *i, int64_t milliseconds);

/* -ERROR_STOPPED if somebody asked to stop. */
_must_check_ int interrupt_check(struct interrupt *i, struct error **err);
