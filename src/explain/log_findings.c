#include "explain/log_findings.h"

#include <stdio.h>

const char *log_cause_name(enum log_cause cause)
{
	static const char *const names[LOG_CAUSES_] = {
		[LOG_INCOMPLETE] = "log-incomplete",
		[LOG_DRIVER] = "driver",
		[LOG_BOOT_VARIABLE] = "boot-variable",
		[LOG_ACPI_TABLES] = "acpi-tables",
		[LOG_UNMEASURED] = "unmeasured",
		[LOG_FIRMWARE] = "other-firmware",
		[LOG_SECURE_BOOT_ON] = "secure-boot-on",
		[LOG_SECURE_BOOT_OFF] = "secure-boot-off",
		[LOG_QEMU_KERNEL] = "qemu-kernel",
		[LOG_FROM_DISK] = "from-disk",
		[LOG_BOOT_RETRIED] = "boot-retried",
		[LOG_LOADER] = "boot-loader",
		[LOG_NO_LOADER] = "no-boot-loader",
		[LOG_OTHER_PROGRAM] = "other-program",
		[LOG_OTHER_STUB] = "other-stub",
		[LOG_PROFILE] = "profile",
		[LOG_COMMAND_LINE_PASSED] = "command-line-passed",
		[LOG_ADDON] = "addon",
		[LOG_CREDENTIALS] = "credentials",
		[LOG_EXTENSION] = "extension",
		[LOG_NOT_TAKEN] = "not-taken",
		[LOG_VTPM] = "vtpm",
		[LOG_NO_VTPM] = "no-vtpm",
		[LOG_OTHER_KERNEL] = "other-kernel",
		[LOG_OTHER_COMMAND_LINE] = "other-command-line",
		[LOG_OTHER_INITRD] = "other-initrd",
		[LOG_OTHER_SECTION] = "other-section",
		[LOG_OTHER_IMAGE] = "other-image",
		[LOG_PARTITION_TABLE] = "partition-table",
		[LOG_EXIT_AGAIN] = "exit-boot-services-again",
		[LOG_PHASES] = "phases",
		[LOG_UNKNOWN] = "unknown",
	};

	return names[cause];
}

void log_findings_release(struct log_findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i].text);
	*f = (struct log_findings){0};
}

void log_findings_add(struct log_findings *f, enum log_cause cause, size_t event, const char *fmt,
		      va_list args)
{
	char *text;

	if (f->n == LOG_FINDINGS_MAX)
		return;
	if (vasprintf(&text, fmt, args) < 0) {
		f->failed = true;
		return;
	}
	f->items[f->n++] = (struct log_finding){cause, event, text};
}

bool log_findings_have(const struct log_findings *f, enum log_cause cause)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->items[i].cause == cause)
			return true;
	}
	return false;
}
