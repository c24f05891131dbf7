/*
 * What a log says about the machine, whatever image was booted: foreign code, and what differs from a good boot.
 */
#pragma once

#include "explain/firmware_log.h"
#include "explain/log_findings.h"

/*
 * Code besides the firmware's own that ran or was due to run before the image: drivers, and variables that start
 * programs. These can change whatever runs later, and need not differ in a predicted register. Appends a
 * finding for each that is not in `good`, the log of a good boot of the machine (NULL: there is none).
 */
void log_explain_foreign(const struct firmware_log *log, const struct firmware_log *good,
			 struct log_findings *ret);

/*
 * What the platform measured otherwise than in `good`, the log of a boot on it that is known to be good:
 * PCR 0 to 3 and 7, in a bank that both have. Appends a finding for each event; foreign code is left to
 * log_explain_foreign(). An error if the logs cannot be compared: of TDX modules, or without a common
 * bank.
 */
_must_check_ int log_explain_platform(const struct firmware_log *log,
				      const struct firmware_log *good, struct log_findings *ret,
				      struct error **err);
