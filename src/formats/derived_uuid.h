/*
 * Identifiers of disks, partitions and file systems, derived from what they identify: the same
 * content has the same identifiers, other content has others.
 */
#pragma once

#include "base/span.h"
#include "base/text.h"

/*
 * A UUID of `content`, different for each `label` ("disk", "esp"): the first 128 bits of
 * SHA-256(label || NUL || SHA-256(content)) marked as version 8 of RFC 9562, bytes in the order of
 * the text form.
 */
void derived_uuid(const char *label, struct span content, uint8_t ret[16]);

/* The GUID (mixed-endian, as partition tables store it) whose text form is that of the UUID. */
struct guid uuid_guid(const uint8_t uuid[16]);

/* The UUID's text form. */
void uuid_format(const uint8_t uuid[16], char out[GUID_TEXT_SIZE]);
