#include "base/buffer.h"

#include <stdarg.h>

#define CAPACITY_FIRST 256

void buffer_release(struct buffer *b)
{
	free(b->p);
	*b = (struct buffer){.max = b->max};
}

const char *buffer_text(const struct buffer *b)
{
	return b->p ? (const char *)b->p : "";
}

/* Room for n more bytes and the NUL. */
static bool reserve(struct buffer *b, size_t n)
{
	if (b->failed || b->n > b->max || n > b->max - b->n) {
		b->failed = true;
		return false;
	}

	size_t needed = b->n + n + 1;

	if (needed <= b->capacity)
		return true;

	size_t capacity = b->capacity ? b->capacity : CAPACITY_FIRST;

	while (capacity < needed)
		capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;

	uint8_t *p = realloc(b->p, capacity);

	if (!p) {
		b->failed = true;
		return false;
	}
	b->p = p;
	b->capacity = capacity;
	return true;
}

uint8_t *buffer_extend(struct buffer *b, size_t n)
{
	if (!reserve(b, n))
		return NULL;

	uint8_t *start = b->p + b->n;

	memset(start, 0, n + 1);
	b->n += n;
	return start;
}

void buffer_put(struct buffer *b, struct span s)
{
	if (!reserve(b, s.n))
		return;
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	b->p[b->n] = 0;
}

void buffer_put_string(struct buffer *b, const char *s)
{
	buffer_put(b, span_string(s));
}

void buffer_put_u8(struct buffer *b, uint8_t v)
{
	buffer_put(b, SPAN(&v, 1));
}

void buffer_put_le16(struct buffer *b, uint16_t v)
{
	uint8_t *p = buffer_extend(b, 2);

	if (p)
		put_le16(p, v);
}

void buffer_put_le32(struct buffer *b, uint32_t v)
{
	uint8_t *p = buffer_extend(b, 4);

	if (p)
		put_le32(p, v);
}

void buffer_put_le64(struct buffer *b, uint64_t v)
{
	uint8_t *p = buffer_extend(b, 8);

	if (p)
		put_le64(p, v);
}

void buffer_put_be16(struct buffer *b, uint16_t v)
{
	uint8_t *p = buffer_extend(b, 2);

	if (p)
		put_be16(p, v);
}

void buffer_put_be32(struct buffer *b, uint32_t v)
{
	uint8_t *p = buffer_extend(b, 4);

	if (p)
		put_be32(p, v);
}

void buffer_put_zeros(struct buffer *b, size_t n)
{
	(void)buffer_extend(b, n);
}

void buffer_align(struct buffer *b, size_t align)
{
	size_t rest = b->n & (align - 1);

	if (rest)
		buffer_put_zeros(b, align - rest);
}

void buffer_printf(struct buffer *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !reserve(b, (size_t)n)) {
		b->failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

char *buffer_steal_text(struct buffer *b)
{
	if (!reserve(b, 0))
		return NULL;

	char *text = (char *)b->p;

	text[b->n] = 0;
	*b = (struct buffer){.max = b->max};
	return text;
}
