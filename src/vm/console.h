/*
 * The serial console of a VM: how far the boot is, what the guest reports of its TPM
 * (guest/report/console_report.h), and the firmware's log that it sends (formats/eventlog_lines.h).
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "formats/eventlog_lines.h"
#include "formats/status_line.h"
#include "vm/boot_timeline.h"

#define CONSOLE_REGISTERS 16u
#define CONSOLE_BANKS 2u
/* Longer lines are cut: nothing of interest is that long. */
#define CONSOLE_LINE_MAX 4096u
/* Of lines that console_tail() gives. */
#define CONSOLE_TAIL_MAX 64u

/* Of what the programs say that a node needs first: their reasons are longer than other lines. */
#define CONSOLE_GUEST_SAID_MAX 1024u

/* Of what the kernel says about its end. */
#define CONSOLE_PANIC_MAX 256u

enum boot_stage {
	STAGE_POWER_ON,
	STAGE_FIRMWARE,
	STAGE_KERNEL,
	STAGE_SYSTEMD,
	STAGE_REPORT,
	STAGE_FAILED, /* init gave up */
};

/* A register as the guest gave it: 32 bytes in bank 0 (SHA-256), 48 in bank 1 (SHA-384). */
struct console_bank {
	bool known[CONSOLE_REGISTERS];
	uint8_t value[CONSOLE_REGISTERS][48];
};

struct console {
	enum boot_stage stage;
	bool report_complete;
	bool no_tpm;
	struct console_bank banks[CONSOLE_BANKS];
	struct eventlog_lines eventlog; /* the firmware's */
	uint8_t line[CONSOLE_LINE_MAX]; /* the unfinished line */
	size_t line_n;
	bool config_failed; /* the guest refused its configuration: there will be no disk and no node */
	bool disk_failed; /* the programs of the disk gave up: there will be no node */
	bool attests;	  /* the attestation service listens */
	uint8_t attest_key
		[32]; /* what it says its TLS key is: SHA-256 of the SubjectPublicKeyInfo */
	char guest_said[CONSOLE_GUEST_SAID_MAX]; /* their last line, printable; "" if none */
	char panic[CONSOLE_PANIC_MAX]; /* why the kernel stopped, printable; "" if it did not */
	char verity_said[CONSOLE_PANIC_MAX]; /* the last line of dm-verity before that, printable */
	const char *stopping;	   /* "execution client" while the guest waits for its end; NULL */
	struct status_line status; /* the last one */
	unsigned statuses;	   /* how many came */
	uint64_t now;		   /* milliseconds since power-on, set by whoever gives the bytes */
	struct boot_timeline timeline;
};

/* Starts as all zeros. */
void console_release(struct console *c);

/* Takes the next bytes of the console, in pieces of any size. */
void console_take(struct console *c, struct span bytes);

/* Appends why the kernel stopped, in one line: a root that was damaged, or whatever it said. False if it
 * did not stop. */
bool console_explain_panic(const struct console *c, struct buffer *ret);

/* What a stage is called. */
const char *boot_stage_name(enum boot_stage stage);

/* True for a line that only programs read: tdnode logs leaves it out. */
bool console_line_is_hidden(struct span line);

/* Appends the last `lines` (at most CONSOLE_TAIL_MAX) lines of a console log, without control characters and without hidden
 * lines. */
void console_tail(struct span log, unsigned lines, struct buffer *ret);
