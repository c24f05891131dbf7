/*
 * The events that a boot will produce, each with the digest of the measured bytes in every bank
 * that is predicted.
 *
 *	event_begin(events, 11, EV_IPL, "content of section '%s'", name);
 *	event_bytes(events, data);
 *	event_end(events);
 *
 * Failure (memory) is sticky: check event_list_ok() at the end.
 */
#pragma once

#include "crypto/digest.h"
#include "formats/eventlog.h"
#include "measure/bank.h"

/* The banks that are predicted: SHA-256 for TPMs, SHA-384 as in the registers of TDX. */
#define EVENT_BANKS 2
extern const enum digest_algorithm event_banks[EVENT_BANKS];

struct event {
	unsigned pcr;
	enum eventlog_type type;
	char *description;
	struct digest digests[EVENT_BANKS]; /* in the order of event_banks */
};

struct event_list {
	struct event *items;
	size_t n;
	size_t capacity;
	struct digest_stream *streams[EVENT_BANKS]; /* of the event being made */
	bool failed;
};

void event_list_release(struct event_list *l);

static inline bool event_list_ok(const struct event_list *l)
{
	return !l->failed;
}

void event_begin(struct event_list *l, unsigned pcr, enum eventlog_type type, const char *fmt, ...)
	_printf_(4, 5);
void event_bytes(struct event_list *l, struct span bytes);
void event_zeros(struct event_list *l, uint64_t n);
void event_end(struct event_list *l);

/* An event over one span. */
void event_add(struct event_list *l, unsigned pcr, enum eventlog_type type, struct span bytes,
	       const char *description);

/* Extends the registers of banks[i] by the digests of event_banks[i], in order. */
void event_list_replay(const struct event_list *l, struct bank banks[EVENT_BANKS]);

/* "EV_IPL" */
const char *event_type_name(enum eventlog_type type);
