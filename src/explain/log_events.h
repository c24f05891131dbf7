/*
 * A firmware log for people and programs, event by event.
 */
#pragma once

#include <jansson.h>

#include "base/buffer.h"
#include "explain/firmware_log.h"

/* Of the text or document: FIRMWARE_LOG_EVENTS_MAX events of EVENT_TEXT_MAX bytes and their digests;
 * in JSON each byte can take six. */
#define LOG_EVENTS_MAX (32u << 20)

/*
 * Appends a line for each event: number, register, type, the digest's first bytes in the log's first
 * bank, data. Then the registers that the log replays to.
 */
void firmware_log_text(const struct firmware_log *l, struct buffer *b);

/* Appends {"log": "tpm" or "tdx", "events": [...], "registers": {bank: {register: hex}}}. */
_must_check_ int firmware_log_json(const struct firmware_log *l, struct buffer *b,
				   struct error **err);

/* An event of a log: number from 1, offset, register, type, digests, data as text. A new reference, NULL without
 * memory. */
json_t *json_log_event(const struct firmware_log *log, size_t i);
