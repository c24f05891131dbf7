/*
 * What the files of log_explain share.
 */
#pragma once

#include "measure/log_explain.h"

struct explanation {
	const struct log_context *context;
	const struct firmware_log *log;
	enum event_bank bank; /* in which digests are compared */
	struct log_facts facts;
	struct log_findings *findings;
	struct buffer text; /* of log_quote() */
};

void log_find(struct explanation *x, enum log_cause cause, size_t event, const char *fmt, ...)
	_printf_(4, 5);
bool log_found(const struct explanation *x, enum log_cause cause);

struct digest log_digest_at(const struct explanation *x, size_t event);

/* The event's data as text, until the next call. */
const char *log_quote(struct explanation *x, size_t event);

/* The predicted event of a PCR with this digest, LOG_NONE if there is none. */
size_t log_predicted_event(const struct explanation *x, const struct measurement *m, unsigned pcr,
			   const struct digest *d);

/* True if the boot was one of an image with systemd's stub: it left a trace, or the image is the one
 * that is predicted. */
bool log_has_stub(const struct explanation *x);

/* Parts of log_explain(): which stub it was (log_explain_stub.c); command lines from outside, and
 * what the image and the kernel consist of (log_explain_content.c). */
void log_explain_stub(struct explanation *x);
void log_explain_passed(struct explanation *x);
void log_explain_content(struct explanation *x);

/* The predicted content of the section `name`: index of the event, LOG_NONE if it is not predicted. */
size_t log_predicted_section(const struct explanation *x, const char *name);

/* True if both the prediction and the log have the section, with another content each. */
bool log_section_differs(const struct explanation *x, const char *name);
