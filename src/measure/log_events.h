/*
 * A firmware log for people and programs, event by event.
 */
#pragma once

#include "base/buffer.h"
#include "measure/firmware_log.h"

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
