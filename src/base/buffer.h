/*
 * A growable byte buffer with a mandatory maximum and sticky failure.
 *
 *	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(64 * 1024);
 *	buffer_put_le32(&b, magic);
 *	buffer_printf(&b, "%s", name);
 *	if (!buffer_ok(&b))
 *		return error_oom(err);
 *
 * Appends after a failure do nothing. b.p is always NUL-terminated after the last byte (the NUL is
 * not counted in b.n), so text buffers can be used as C strings; it is NULL while nothing was added.
 */
#pragma once

#include "base/span.h"

struct buffer {
	uint8_t *p;
	size_t n;
	size_t capacity;
	size_t max;
	bool failed;
};

#define BUFFER_INIT(maximum)     \
	{                        \
		.max = (maximum) \
	}

void buffer_release(struct buffer *b);

static inline bool buffer_ok(const struct buffer *b)
{
	return !b->failed;
}

static inline struct span buffer_span(const struct buffer *b)
{
	return (struct span){b->p, b->n};
}

/* The text, "" while empty. Owned by the buffer. */
const char *buffer_text(const struct buffer *b);

/* Appends n zero bytes and returns their address, NULL on failure. */
uint8_t *buffer_extend(struct buffer *b, size_t n);
void buffer_put(struct buffer *b, struct span s);
void buffer_put_string(struct buffer *b, const char *s);
void buffer_put_u8(struct buffer *b, uint8_t v);
void buffer_put_le16(struct buffer *b, uint16_t v);
void buffer_put_le32(struct buffer *b, uint32_t v);
void buffer_put_le64(struct buffer *b, uint64_t v);
void buffer_put_be16(struct buffer *b, uint16_t v);
void buffer_put_be32(struct buffer *b, uint32_t v);
void buffer_put_zeros(struct buffer *b, size_t n);
/* Zeros up to the next multiple of align (a power of two). */
void buffer_align(struct buffer *b, size_t align);
void buffer_printf(struct buffer *b, const char *fmt, ...) _printf_(2, 3);

/* Hands the bytes over as a malloc()ed string and empties the buffer. NULL if failed. */
char *buffer_steal_text(struct buffer *b);
