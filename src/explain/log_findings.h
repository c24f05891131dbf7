/*
 * The causes that can be found in the log of a boot, and those that were.
 */
#pragma once

#include <stdarg.h>

#include "base/compiler.h"

enum log_cause {
	LOG_INCOMPLETE,	   /* the log ends before the boot did */
	LOG_DRIVER,	   /* a driver or option ROM ran before the image */
	LOG_BOOT_VARIABLE, /* one by which firmware starts other code, or not that of a good boot */
	LOG_ACPI_TABLES,   /* not those of a good boot of the machine */
	LOG_UNMEASURED,	   /* nobody measured what was started */
	LOG_FIRMWARE,	   /* other firmware or another machine */
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
	LOG_VTPM,		 /* a TPM beside the TDX module, which the kernel takes */
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

/* vprintf() into a finding; beyond LOG_FINDINGS_MAX nothing is added. */
void log_findings_add(struct log_findings *f, enum log_cause cause, size_t event, const char *fmt,
		      va_list args) _printf_(4, 0);
bool log_findings_have(const struct log_findings *f, enum log_cause cause);
