/*
 * Why the log of a boot differs from the prediction, in plain words. Several causes can come
 * together; they are listed in the order in which one makes others.
 *
 * A log is what the machine says about itself: a cause is probable, not proven. What the registers prove
 * is that the boot was a different one.
 */
#pragma once

#include "explain/log_compare.h"
#include "explain/log_facts.h"
#include "explain/log_findings.h"

/* What is known besides the log. */
struct log_context {
	/* The prediction, and the one of the same file that comes closest to the log (it may be the
	 * same): how the boot was started is told against the first, what it booted against the second. */
	const struct measurement *predicted;
	const struct measurement *closest;
	const struct log_comparison *comparison; /* of `predicted` */
	const struct firmware_log
		*good; /* of a good boot on the same machine; NULL: there is none */
	/* A command line that the kernel is said to have got, in UTF-8; NULL: nobody said. It is believed
	 * only if its digest is in the log. */
	const char *claimed_command_line;
};

/* `comparison` must have a difference. At least one cause is found. */
_must_check_ int log_explain(const struct log_context *context, const struct firmware_log *log,
			     struct log_findings *ret, struct error **err);
