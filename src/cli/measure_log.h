/*
 * tdnode measure FILE --log EVENTLOG
 */
#pragma once

#include "measure/measure.h"

/* Paths. */
struct measure_logs {
	const char *boot;     /* the log to judge; NULL: none */
	const char *platform; /* that of a good boot on the same machine; NULL: none */
};

/*
 * Compares the prediction `m` of `file` with a log and prints the comparison. -ERROR_REFUSED if a
 * predicted register differs in the log, or something of the platform does.
 */
_must_check_ int measure_log(const char *file, const struct measure_options *options,
			     const struct measurement *m, const struct measure_logs *logs,
			     bool json, struct error **err);
