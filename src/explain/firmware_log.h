/*
 * A log that firmware made of a boot, of a TPM (binary_bios_measurements) or of a TDX module (the data
 * area of ACPI's CCEL table), with the registers that it replays to. Which of the two it is, is in the
 * log itself.
 *
 *	_cleanup_(firmware_log_release) struct firmware_log log = {0};
 *	r = firmware_log_parse(bytes, &log, err);
 */
#pragma once

#include "measure/event.h"
#include "measure/registers.h"

/* Of a log: real ones have up to 64 KiB; the area of a TDX machine may be reserved larger. */
#define FIRMWARE_LOG_MAX (4u << 20)
/* Of the events in it: real ones have up to some hundred. */
#define FIRMWARE_LOG_EVENTS_MAX 4096u

struct firmware_log {
	bool tdx;
	struct eventlog_event *events; /* spans refer to the bytes that were parsed */
	size_t n;
	unsigned banks_present; /* bits 1 << enum event_bank */
	/* The registers after all events, of event_banks[]. Those of a TDX module are
	 * banks[EVENT_SHA384].registers[0] (MRTD) to [4] (RTMR3). */
	struct bank banks[EVENT_BANKS];
};

void firmware_log_release(struct firmware_log *l);

_must_check_ int firmware_log_parse(struct span bytes, struct firmware_log *ret,
				    struct error **err);

/* The first bank of the log that is among `banks` (bits 1 << enum event_bank); false if none is. */
_must_check_ bool firmware_log_bank(const struct firmware_log *l, unsigned banks,
				    enum event_bank *ret);

/* The register that an event extends; REGISTERS if it extends none. */
unsigned firmware_log_register(const struct firmware_log *l, const struct eventlog_event *e);

/* The digest of an event in a bank that the log has. */
struct digest firmware_log_digest(const struct eventlog_event *e, enum event_bank bank);

/* The value of a register in a bank that the log has. */
const struct digest *firmware_log_value(const struct firmware_log *l, enum event_bank bank,
					unsigned reg);

/* True if the log can say something about the register: MRTD is measured before there is a log, and
 * the others are those of a TPM or those of a TDX module. */
bool firmware_log_covers(const struct firmware_log *l, unsigned reg);
