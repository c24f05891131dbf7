/*
 * Bounded views of bytes, and a reader with sticky failure.
 *
 * Every parser of outside bytes is a pure function over a span. A reader that runs past the end
 * returns zeros from then on and remembers it: parse first, then check reader_ok() once.
 */
#pragma once

#include "base/compiler.h"

struct span {
	const uint8_t *p;
	size_t n;
};

#define SPAN(pointer, length) ((struct span){(const uint8_t *)(pointer), (length)})
#define SPAN_LITERAL(s) SPAN(s, sizeof(s) - 1)

static inline struct span span_string(const char *s)
{
	return SPAN(s, strlen(s));
}

/* Sets *ret to [offset, offset + length) of s; false if that lies outside. Overflow-safe. */
static inline bool span_slice(struct span s, uint64_t offset, uint64_t length, struct span *ret)
{
	if (offset > s.n || length > s.n - offset)
		return false;
	*ret = (struct span){s.p + offset, (size_t)length};
	return true;
}

/* The span without its first n bytes; n is at most s.n. An empty span may have no address. */
static inline struct span span_skip(struct span s, size_t n)
{
	return n ? (struct span){s.p + n, s.n - n} : s;
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is_zero(struct span s)
{
	return s.n == 0 || (s.p[0] == 0 && memcmp(s.p, s.p + 1, s.n - 1) == 0);
}

/* True if `what` is in s, at the first *ret_offset. An empty span is in none and holds none: memmem()
 * promises nothing for null pointers. */
bool span_find(struct span s, struct span what, size_t *ret_offset);

static inline uint16_t get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t get_le64(const uint8_t *p)
{
	return (uint64_t)get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t get_be64(const uint8_t *p)
{
	return (uint64_t)get_be32(p) << 32 | (uint64_t)get_be32(p + 4);
}

static inline void put_le16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
	put_le16(p, (uint16_t)v);
	put_le16(p + 2, (uint16_t)(v >> 16));
}

static inline void put_le64(uint8_t *p, uint64_t v)
{
	put_le32(p, (uint32_t)v);
	put_le32(p + 4, (uint32_t)(v >> 32));
}

static inline void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}

static inline void put_be64(uint8_t *p, uint64_t v)
{
	put_be32(p, (uint32_t)(v >> 32));
	put_be32(p + 4, (uint32_t)v);
}

struct reader {
	struct span rest;
	size_t offset; /* of rest in the span given to reader_init() */
	bool failed;
};

static inline struct reader reader_init(struct span s)
{
	return (struct reader){.rest = s};
}

static inline bool reader_ok(const struct reader *r)
{
	return !r->failed;
}

/* The next n bytes; an empty span, and failure, if there are fewer. */
struct span reader_bytes(struct reader *r, uint64_t n);
uint8_t reader_u8(struct reader *r);
uint16_t reader_le16(struct reader *r);
uint32_t reader_le32(struct reader *r);
uint64_t reader_le64(struct reader *r);
uint16_t reader_be16(struct reader *r);
uint32_t reader_be32(struct reader *r);

/*
 * Takes the next line without its "\n" (and without a "\r" before it) into *ret; a last line without
 * "\n" counts. False at the end.
 */
bool reader_line(struct reader *r, struct span *ret);
