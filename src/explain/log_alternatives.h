/*
 * The same file, booted in another way: what the log says about how the boot was started is tried as
 * options of the prediction.
 */
#pragma once

#include "explain/log_explain.h"

/* Of the command line that the log says was passed. */
#define LOG_PASSED_MAX 4096u

struct log_alternative {
	struct measurement measurement;
	struct log_comparison comparison;
	char *text; /* "Secure Boot on, started by QEMU's -kernel" */
};

void log_alternative_release(struct log_alternative *a);

/*
 * Looks for options under which the log differs from the prediction of the file in fewer registers
 * than *comparison (and the fewest). 1 if there are any, 0 if not. Options under which the file
 * cannot boot are no alternative.
 */
_must_check_ int log_alternative_find(const char *path, const struct measure_options *options,
				      const struct measurement *predicted,
				      const struct log_comparison *comparison,
				      const struct firmware_log *log, struct log_alternative *ret,
				      struct error **err);
