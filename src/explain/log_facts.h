/*
 * What happened in a boot, as far as its log tells: found by what events are, not by where they are
 * expected.
 */
#pragma once

#include "explain/firmware_log.h"
#include "explain/log_compare.h"

/* Of lists in struct log_facts: what is beyond is left out of explanations, never of registers. */
#define LOG_LIST_MAX 64u

struct log_section {
	size_t name; /* events */
	size_t content;
	struct span text; /* the name in UTF-16LE */
};

struct log_events {
	size_t items[LOG_LIST_MAX];
	size_t n;
};

/* Texts that another loader measures about itself: only how many counts, and where they begin. */
struct log_texts {
	size_t first; /* event, or LOG_NONE */
	size_t n;
};

struct log_facts {
	/* Indices of events; LOG_NONE if there is no such event. */
	size_t secure_boot;    /* the variable */
	bool secure_boot_on;   /* its value */
	size_t second_attempt; /* a second "Calling EFI Application from Boot Option" */
	size_t returned;       /* "Returning from EFI Application from Boot Option" */
	size_t image;	/* the program that measured sections, or else the last from a disk */
	size_t kernel;	/* the program in section ".linux", loaded by the stub */
	bool from_qemu; /* the image comes from QEMU's -kernel */
	size_t first_section;
	size_t partition_table;
	size_t load_options; /* what the kernel got */
	size_t initrd;
	size_t exit;	    /* the first "Exit Boot Services Invocation" */
	size_t second_exit; /* the kernel had to call a second time */
	size_t phase;	    /* the first measurement of user space into the stub's register */
	size_t profile;

	struct log_events before;      /* programs before the image */
	struct log_events addons;      /* programs that the stub loads besides the kernel */
	struct log_events passed;      /* command lines from outside the image */
	struct log_events credentials; /* archives of them from outside */
	struct log_events confexts;    /* of configuration extensions */
	struct log_events sysexts;     /* of system extensions */
	struct log_events misplaced;   /* programs measured into a register that is not theirs */
	struct log_texts shim;
	struct log_texts grub;

	struct log_section sections[LOG_LIST_MAX];
	size_t n_sections;
};

/* `image`: digest of the unified kernel image that is expected, to find it among the programs. */
void log_facts_find(const struct firmware_log *log, enum event_bank bank,
		    const struct digest *image, struct log_facts *ret);

/* True if systemd's stub left a trace: it measured sections, or loaded a kernel out of itself. */
static inline bool log_facts_has_stub(const struct log_facts *f)
{
	return f->first_section != LOG_NONE || f->kernel != LOG_NONE;
}

/* The content of the section `name` in the log; LOG_NONE if it was not measured. */
size_t log_facts_section(const struct log_facts *f, const char *name);

/* Appends an event's text: UTF-16LE of an EV_IPL event, the data of a tagged event. */
void log_event_text(const struct eventlog_event *e, struct buffer *b);

/* True if the digest is that of the data. Only then do they say what was measured: anybody may write
 * other data into a log, and no register tells. */
bool log_data_is_measured(const struct eventlog_event *e, enum event_bank bank);
