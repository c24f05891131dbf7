/*
 * An explanation under way: what is known of the log, and what was found. The files that find causes share it.
 */
#pragma once

#include "explain/log_explain.h"

struct explanation {
	const struct log_context *context;
	const struct firmware_log *log;
	enum event_bank bank; /* in which digests are compared */
	struct log_facts facts;
	struct log_findings *findings;
	struct buffer text; /* of explanation_quote() */
};

void explanation_add(struct explanation *x, enum log_cause cause, size_t event, const char *fmt,
		     ...) _printf_(4, 5);
bool explanation_has(const struct explanation *x, enum log_cause cause);

struct digest explanation_digest(const struct explanation *x, size_t event);

/* The event's data as text, until the next call. */
const char *explanation_quote(struct explanation *x, size_t event);

/* The predicted event of a PCR with this digest, LOG_NONE if there is none. */
size_t explanation_predicted_event(const struct explanation *x, const struct measurement *m,
				   unsigned pcr, const struct digest *d);

/* True if the boot was one of an image with systemd's stub: it left a trace, or the image is the one
 * that is predicted. */
bool explanation_has_stub(const struct explanation *x);

/* The predicted content of the section `name`: index of the event, LOG_NONE if it is not predicted. */
size_t explanation_predicted_section(const struct explanation *x, const char *name);

/* True if both the prediction and the log have the section, with another content each. */
bool explanation_section_differs(const struct explanation *x, const char *name);
