/*
 * What a machine's firmware measured besides programs, taken from an event log of such a machine:
 * Secure Boot variables, ACPI tables, boot options, and whatever else went into RTMR0.
 *
 * Two kinds of logs are read: that of a TDX module (ACPI CCEL), whose events name measurement
 * registers, and that of a TPM, of which PCR 1 and 7 are what goes into RTMR0 elsewhere. They are
 * told apart by the register that holds the variable SecureBoot.
 */
#pragma once

#include "formats/eventlog.h"
#include "measure/secure_boot.h"

/* Areas for logs have 64 KiB in OVMF; lists of revoked programs of some 10 KiB are in them. */
#define MACHINE_LOG_MAX (16u << 20)

enum machine_event_kind {
	MACHINE_HOB,	  /* the list of memory that the host made for a trust domain */
	MACHINE_CFV,	  /* the firmware's volume of variables */
	MACHINE_VARIABLE, /* a variable of Secure Boot */
	MACHINE_OTHER,	  /* ACPI tables, separator, settings, boot options */
};

struct machine_event {
	enum machine_event_kind kind;
	struct eventlog_event logged;
};

/* Refers to the bytes of the log. */
struct machine_events {
	bool of_tdx;
	/* What goes into RTMR0, in order; not what let programs start, which depends on them. */
	struct machine_event *items;
	size_t n;
	size_t capacity;
	size_t separators;   /* among them */
	size_t boot_options; /* index of the first of BootOrder, Boot0001, ...; n if there is none */
	struct secure_boot variables;
	/* PCR 7 has more than the variables that are known, a separator and what let programs start. */
	bool more_in_pcr_7;
};

void machine_events_release(struct machine_events *l);

_must_check_ int machine_events_read(struct span bytes, struct machine_events *ret,
				     struct error **err);

/* The SHA-384 digest of an event; false if the log has none. */
_must_check_ bool machine_event_digest(const struct machine_event *e, struct digest *ret);
