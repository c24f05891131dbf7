/*
 * tdnode run --check: why registers differ, what else ran and how the machine differs, from the firmware's
 * log that the guest sent.
 */
#pragma once

#include "explain/log_judgement.h"
#include "vm/console.h"

struct run_explanation {
	struct firmware_log log, good;
	struct log_judgement judgement; /* findings: the causes */
	/* The boot was that of the disk as it is, and not of the one that was predicted. */
	bool disk_changed;
};

void run_explanation_release(struct run_explanation *e);

/*
 * Explains the log in `console`, which must be complete and outlive *ret. `predicted` is what the
 * build said of its disk; `os_disk` the disk as it is now; `good` the log of a good boot on this machine,
 * empty if there is none. A log that does not replay to the registers that the guest reported explains
 * nothing: an error.
 */
_must_check_ int run_explain(const struct console *console, const struct measurement *predicted,
			     const char *os_disk, struct span good, struct run_explanation *ret,
			     struct error **err);

/* Appends the causes, one a line. */
void run_explanation_text(const struct run_explanation *e, struct buffer *b);
