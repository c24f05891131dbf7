/*
 * The registers of a platform, from the log of a boot on it: what firmware measured before it started any
 * image. They belong to the machine, not to what is booted: PCR 0 (firmware), PCR 1 (its settings, the
 * ACPI tables that it passes on, boot variables), PCR 2 and 3 (drivers and option ROMs, and their
 * settings). A log proves nothing by itself: whoever takes one vouches that the boot was a good one.
 */
#pragma once

#include "base/buffer.h"
#include "explain/firmware_log.h"

/* PCR 0 to 3. */
#define PLATFORM_REGISTERS 4u
/* Of the lines: FIRMWARE_LOG_EVENTS_MAX events. */
#define PLATFORM_TEXT_MAX (4u << 20)

/* Code besides the firmware's own that an event tells of. */
enum platform_code {
	PLATFORM_CODE_NONE,
	PLATFORM_CODE_DRIVER,	/* a driver or option ROM that was started */
	PLATFORM_CODE_VARIABLE, /* Driver####, SysPrep#### and their orders: UEFI 2.10, 3.1.3 */
};
enum platform_code platform_event_code(const struct eventlog_event *e);

/* How a log is taken. */
enum platform_drivers {
	PLATFORM_DRIVERS_REFUSED,
	/* Drivers in it are the machine's own: firmware of clouds starts some, or measures all programs into
	 * PCR 2. Whoever accepts them has looked at each. */
	PLATFORM_DRIVERS_ACCEPTED,
};

struct platform_registers {
	struct digest registers[PLATFORM_REGISTERS]; /* SHA-256 */
	struct digest secure_boot;		     /* PCR 7 */
};

/* PCR 2 and 3 when no driver ran: the separator alone (PC Client Platform Firmware Profile, 3.3.4.3). */
struct digest platform_no_drivers(void);

/*
 * Replays a log of a TPM and appends a line for each event of these registers to `text`: what is taken.
 * `name` starts the errors. Accepted drivers are what PCR 2 and 3 have besides the separator; a variable that
 * starts code is always refused, because it names files of a disk.
 *
 * -ERROR_REFUSED: the log is not that of a TPM with SHA-256, has nothing in one of the registers, or tells of
 * code besides the firmware's own: a driver, a Driver#### or SysPrep#### variable; or a boot variable in it
 * cannot be read, or has other data than were measured (its name is measured by some firmware only). The
 * error names it.
 */
_must_check_ int platform_registers_read(const char *name, struct span bytes,
					 enum platform_drivers drivers,
					 struct platform_registers *ret, struct buffer *text,
					 struct error **err);
