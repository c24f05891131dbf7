/*
 * The events that a boot produces: which register each goes to, and the bytes that are measured.
 *
 *	event_begin(events, PCR_KERNEL_BOOT, EV_IPL, EVENT_KIND_SECTION, "content of section '%s'", name);
 *	event_bytes(events, data);
 *	...
 *	r = event_list_digest(events, EVENT_BANKS_ALL, NULL, 0, err);
 *
 * An event goes to a PCR of the TPM and, where a TDX module is present, to the runtime measurement
 * register that the PCR is mapped to (UEFI 2.10, 38.4.1). Failure (memory) is sticky: it is reported
 * by event_list_digest().
 */
#pragma once

#include "formats/eventlog.h"
#include "measure/bank.h"
#include "measure/digest_jobs.h"

/* The banks that are predicted. */
enum event_bank {
	EVENT_SHA256,
	EVENT_SHA384, /* also that of the TDX registers */
	EVENT_SHA1,
	EVENT_SHA512,
	EVENT_BANKS,
};
extern const enum digest_algorithm event_banks[EVENT_BANKS];

#define EVENT_BANKS_ALL ((1u << EVENT_BANKS) - 1)

/* What an event is about; by it explanations tell what is missing or different. */
enum event_kind {
	EVENT_KIND_OTHER, /* what has no name here */
	EVENT_KIND_SEPARATOR,
	EVENT_KIND_ACTION,    /* of firmware */
	EVENT_KIND_VARIABLE,  /* of Secure Boot */
	EVENT_KIND_AUTHORITY, /* the entry of db that lets a program start */
	EVENT_KIND_PARTITION_TABLE,
	EVENT_KIND_PROGRAM, /* that firmware starts */
	EVENT_KIND_MACHINE, /* what a TDX machine is: memory, firmware volume, ACPI tables, boot options */
	EVENT_KIND_SECTION_NAME, /* of the image */
	EVENT_KIND_SECTION,	 /* its content */
	EVENT_KIND_LOADER_CONF,
	EVENT_KIND_PROFILE,
	EVENT_KIND_PASSED_COMMAND_LINE,	    /* from outside the image */
	EVENT_KIND_CREDENTIALS,		    /* archive of files from outside */
	EVENT_KIND_CONFIGURATION_EXTENSION, /* likewise */
	EVENT_KIND_SYSTEM_EXTENSION,	    /* likewise */
	EVENT_KIND_ADDON_SECTION,	    /* initrd or microcode of an addon */
	EVENT_KIND_COMMAND_LINE,	    /* what the kernel got */
	EVENT_KIND_INITRD,		    /* likewise */
	EVENT_KIND_PHASE,		    /* of systemd-pcrphase */
	EVENT_KIND_CONFIGURATION, /* of the node, and its separator: no firmware logs them */
	EVENT_KINDS_,
};

/* "section", ... as in JSON */
const char *event_kind_name(enum event_kind kind);
/* EVENT_KIND_OTHER for names that are not known. */
enum event_kind event_kind_from_name(const char *name);

#define EVENT_NO_RTMR (-1)
#define EVENT_NO_PCR BANK_REGISTERS

struct event {
	unsigned pcr; /* or EVENT_NO_PCR: a TDX module alone gets it */
	int rtmr;     /* 0 to 3, or EVENT_NO_RTMR: the TPM alone gets it */
	enum eventlog_type type;
	enum event_kind kind;
	char *description; /* for people: nothing is decided by it */
	struct digest_piece *pieces;
	uint8_t **copies; /* bytes of pieces[i] that the event owns, or NULL */
	size_t n_pieces;
	size_t capacity;
	size_t copies_capacity;
	struct digest digests[EVENT_BANKS]; /* after event_list_digest() */
	bool has_digest[EVENT_BANKS];
	bool given; /* the digest came from event_digest() */
	/* After event_list_place(): how many bytes are measured, and where the first of them that lie in the image
	 * lie there. */
	uint64_t size;
	uint64_t place;
	bool has_place;
};

struct event_list {
	struct event *items;
	size_t n;
	size_t capacity;
	bool failed;
};

void event_list_release(struct event_list *l);

/* False after a failure. */
static inline bool event_list_ok(const struct event_list *l)
{
	return !l->failed;
}

void event_begin(struct event_list *l, unsigned pcr, enum eventlog_type type, enum event_kind kind,
		 const char *fmt, ...) _printf_(5, 6);
/* Bytes that must stay until event_list_digest(); and bytes that are copied. */
void event_bytes(struct event_list *l, struct span bytes);
void event_copy(struct event_list *l, struct span bytes);
void event_zeros(struct event_list *l, uint64_t n);
/* In place of bytes: a digest that is known without them, of its algorithm alone. */
void event_digest(struct event_list *l, const struct digest *d);
/* The event is not passed to a TDX module; it is passed to nobody else. */
void event_tpm_only(struct event_list *l);
void event_tdx_only(struct event_list *l);

/* An event over one span. */
void event_add(struct event_list *l, unsigned pcr, enum eventlog_type type, enum event_kind kind,
	       struct span bytes, const char *description);

/*
 * Computes the digests of all events in the banks of `banks` (bits 1 << enum event_bank), and runs
 * `n` more jobs with them: what is hashed for several of them is hashed once.
 */
_must_check_ int event_list_digest(struct event_list *l, unsigned banks,
				   const struct digest_job *more, size_t n, struct error **err);

/* Notes where the measured bytes lie in `image`, the disk or the image alone. */
void event_list_place(struct event_list *l, struct span image);

/* Extends the registers of banks[i] by the digests of event_banks[i], in order. A register with an
 * event whose digest is not known in a bank is not known in it. */
void event_list_replay(const struct event_list *l, struct bank banks[EVENT_BANKS]);

/* The value of RTMR `rtmr` after all its events; false if the digest of one is not known. */
_must_check_ bool event_list_replay_rtmr(const struct event_list *l, int rtmr, struct digest *ret);

/* The RTMR that a PCR is mapped to, EVENT_NO_RTMR for PCR 0 and those above 15. */
int event_rtmr(unsigned pcr);

/* "EV_IPL" */
const char *event_type_name(uint32_t type);
_must_check_ bool event_type_from_name(const char *name, uint32_t *ret);
