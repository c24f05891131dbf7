/*
 * Why the log of a boot is not that which was predicted, in plain words. Several causes can come
 * together; they are listed in the order in which one makes others.
 *
 * A log is what the machine says of itself: a cause is probable, not proven. What the registers prove
 * is that the boot was another one.
 */
#pragma once

#include "measure/log_compare.h"
#include "measure/log_facts.h"

enum log_cause {
	LOG_INCOMPLETE,		 /* the log ends before the boot did */
	LOG_DRIVER,		 /* a driver or option ROM ran before the image */
	LOG_BOOT_VARIABLE,	 /* one by which firmware starts other code, or not that of a good boot */
	LOG_ACPI_TABLES,	 /* not those of a good boot of the machine */
	LOG_UNMEASURED,		 /* nobody measured what was started */
	LOG_FIRMWARE,		 /* other firmware or another machine */
	LOG_SECURE_BOOT_ON,	 /* predicted without */
	LOG_SECURE_BOOT_OFF,	 /* predicted with */
	LOG_QEMU_KERNEL,	 /* predicted from a disk */
	LOG_FROM_DISK,		 /* predicted from QEMU's -kernel */
	LOG_BOOT_RETRIED,	 /* another boot entry was tried before */
	LOG_LOADER,		 /* systemd-boot or another loader in between */
	LOG_NO_LOADER,		 /* predicted with a loader, started without */
	LOG_OTHER_PROGRAM,	 /* something was started before the image */
	LOG_OTHER_STUB,		 /* another version of systemd's stub */
	LOG_PROFILE,		 /* another profile of the image */
	LOG_COMMAND_LINE_PASSED, /* a command line from outside the image */
	LOG_ADDON,		 /* an addon beside the image */
	LOG_CREDENTIALS,	 /* credentials beside the image */
	LOG_EXTENSION,		 /* an extension beside the image */
	LOG_NOT_TAKEN,		 /* what was said to be passed or beside the image was not taken */
	LOG_VTPM, /* a TPM beside the TDX module, which the kernel takes */
	LOG_NO_VTPM,
	LOG_OTHER_KERNEL,
	LOG_OTHER_COMMAND_LINE,
	LOG_OTHER_INITRD,
	LOG_OTHER_SECTION,
	LOG_OTHER_IMAGE, /* bytes of the image that are in no measured section */
	LOG_PARTITION_TABLE,
	LOG_EXIT_AGAIN, /* the kernel had to leave boot services twice */
	LOG_PHASES,	/* user space extended the stub's register */
	LOG_UNKNOWN,
	LOG_CAUSES_,
};

/* "secure-boot-on", ... as in JSON */
const char *log_cause_name(enum log_cause cause);

struct log_finding {
	enum log_cause cause;
	size_t event; /* that shows it; LOG_NONE: the lack of one does */
	char *text;
};

#define LOG_FINDINGS_MAX 48u

struct log_findings {
	struct log_finding items[LOG_FINDINGS_MAX];
	size_t n;
	bool failed; /* out of memory */
};

void log_findings_release(struct log_findings *f);

/* What is known besides the log. */
struct log_context {
	/* The prediction, and the one of the same file that comes closest to the log (it may be the
	 * same): how the boot was started is told against the first, what it booted against the second. */
	const struct measurement *predicted;
	const struct measurement *closest;
	const struct log_comparison *comparison; /* of `predicted` */
	const struct firmware_log *good; /* of a good boot on the same machine; NULL: there is none */
	/* A command line that the kernel is said to have got, in UTF-8; NULL: nobody said. It is believed
	 * only if its digest is in the log. */
	const char *claimed_command_line;
};

/*
 * Code besides the firmware's own that ran before the image, or was to: drivers, and variables that start
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

/* `comparison` must have a difference. At least one cause is found. */
_must_check_ int log_explain(const struct log_context *context, const struct firmware_log *log,
			     struct log_findings *ret, struct error **err);
