/*
 * tdnode measure FILE --log EVENTLOG
 */
#pragma once

#include "measure/measure.h"

/*
 * Compares the prediction `m` of `file` with a log and prints the comparison. -ERROR_REFUSED if a
 * predicted register is another one in the log.
 */
_must_check_ int measure_log(const char *file, const struct measure_options *options,
			     const struct measurement *m, const char *log_path, bool json,
			     struct error **err);
