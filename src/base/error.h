/*
 * Errors with a chain of context.
 *
 * A function that can fail returns 0 or a negative code: a negated errno where the system refused, or
 * one of the codes below. Callers decide by one of these, or by an errno that the function's header names.
 * Functions at module borders take `struct error **err` as their last parameter: untouched on
 * success, set exactly once on failure. Callers prefix context on the way up:
 *
 *	r = pe_parse(data, &pe, err);
 *	if (r < 0)
 *		return error_wrap(err, r, "%s", path);
 *
 * which reads "devnet.efi: section 3: raw data [0x400, 0x900) lies outside the file". Only src/cli
 * and the guest programs' main.c print. Passing NULL for `err` drops the text, never the code.
 */
#pragma once

#include "base/compiler.h"

enum {
	/* A check of authenticity or of a register refused: exit code 3. */
	ERROR_REFUSED = 1024,
	/* The command line is wrong: exit code 2. */
	ERROR_USAGE = 1025,
	/* Outside bytes do not follow their format. */
	ERROR_MALFORMED = 1026,
	/* Outside bytes are of a kind or version that is not read here; they may be right. */
	ERROR_UNSUPPORTED = 1027,
	/* What a boot measures does not follow from what is given. */
	ERROR_UNPREDICTABLE = 1028,
	/* A guest could not open its persistent disk, or would not. */
	ERROR_LOCKED = 1029,
	/* What a node is to be configured by is nothing that its image takes. */
	ERROR_CONFIGURATION = 1031,
	/* Somebody asked to stop before it was done. */
	ERROR_STOPPED = 1030,
};

struct error {
	int code; /* negative, as returned */
	char *message;
};

void error_free(struct error *e);
DEFINE_FREEP(struct error *, error_free)
#define _cleanup_error_ _cleanup_(error_freep)

/* Sets *err to the message and returns `code` (negative). */
int error_set(struct error **err, int code, const char *fmt, ...) _printf_(3, 4);

/* As error_set() with -errno_value as code and ": <strerror>" appended. */
int error_errno(struct error **err, int errno_value, const char *fmt, ...) _printf_(3, 4);

/* Prefixes "<context>: " to the message of *err and returns `code`. Sets a message made from `code`
 * if the callee left none. */
int error_wrap(struct error **err, int code, const char *fmt, ...) _printf_(3, 4);

/* Hands on what `from` holds, which is empty then, and returns `code`, that of *from. The message is
 * dropped if `err` is NULL. */
int error_move(struct error **err, int code, struct error **from);

/* -ENOMEM with its message. */
int error_oom(struct error **err);

/* The program's exit status for a code: 0, 1 (failed), 2 (usage) or 3 (refused). */
int error_exit_status(int code);

/* The message, never NULL. */
const char *error_message(const struct error *e);
