#include "base/span.h"

bool span_find(struct span s, struct span what, size_t *ret_offset)
{
	const uint8_t *found = s.n && what.n ? memmem(s.p, s.n, what.p, what.n) : NULL;

	if (!found)
		return false;
	*ret_offset = (size_t)(found - s.p);
	return true;
}

struct span reader_bytes(struct reader *r, uint64_t n)
{
	struct span s;

	if (r->failed || n > r->rest.n) {
		r->failed = true;
		return (struct span){0};
	}
	s = (struct span){r->rest.p, (size_t)n};
	r->rest = span_skip(r->rest, (size_t)n);
	r->offset += (size_t)n;
	return s;
}

uint8_t reader_u8(struct reader *r)
{
	struct span s = reader_bytes(r, 1);

	return s.n ? s.p[0] : 0;
}

uint16_t reader_le16(struct reader *r)
{
	struct span s = reader_bytes(r, 2);

	return s.n ? get_le16(s.p) : 0;
}

uint32_t reader_le32(struct reader *r)
{
	struct span s = reader_bytes(r, 4);

	return s.n ? get_le32(s.p) : 0;
}

uint64_t reader_le64(struct reader *r)
{
	struct span s = reader_bytes(r, 8);

	return s.n ? get_le64(s.p) : 0;
}

uint16_t reader_be16(struct reader *r)
{
	struct span s = reader_bytes(r, 2);

	return s.n ? get_be16(s.p) : 0;
}

uint32_t reader_be32(struct reader *r)
{
	struct span s = reader_bytes(r, 4);

	return s.n ? get_be32(s.p) : 0;
}

bool reader_line(struct reader *r, struct span *ret)
{
	if (r->failed || r->rest.n == 0)
		return false;

	const uint8_t *end = memchr(r->rest.p, '\n', r->rest.n);
	size_t length = end ? (size_t)(end - r->rest.p) : r->rest.n;
	struct span line = reader_bytes(r, end ? length + 1 : length);

	line.n = length;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	*ret = line;
	return true;
}
