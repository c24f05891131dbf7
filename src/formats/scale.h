/*
 * SCALE, as far as attestation needs it: byte strings with their length before them (Parity SCALE codec,
 * "Compact" and "Vec<u8>"). The low two bits of the first byte say in how many bytes the length stands.
 */
#pragma once

#include "base/buffer.h"

/* Lengths of 1, 2 and 4 bytes; the fourth kind is for numbers that no message here has. */
#define SCALE_COMPACT_MAX ((1u << 30) - 1)

/* The next length. One in more bytes than it needs, which no encoder makes, is a failure of the reader. */
size_t scale_read_compact(struct reader *r);
/* The next byte string. */
struct span scale_read_bytes(struct reader *r);

/* Appends the length, which is at most SCALE_COMPACT_MAX. */
void scale_put_compact(struct buffer *b, size_t n);
void scale_put_bytes(struct buffer *b, struct span s);
