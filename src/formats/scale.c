#include "formats/scale.h"

size_t scale_read_compact(struct reader *r)
{
	uint8_t first = reader_u8(r);
	size_t n = first >> 2, least;

	switch (first & 3) {
	case 0:
		return n;
	case 1:
		n |= (size_t)reader_u8(r) << 6;
		least = 1u << 6;
		break;
	case 2:
		n |= (size_t)reader_u8(r) << 6;
		n |= (size_t)reader_le16(r) << 14;
		least = 1u << 14;
		break;
	default:
		r->failed = true;
		return 0;
	}
	if (n < least)
		r->failed = true;
	return r->failed ? 0 : n;
}

struct span scale_read_bytes(struct reader *r)
{
	size_t n = scale_read_compact(r);

	return reader_bytes(r, n);
}

void scale_put_compact(struct buffer *b, size_t n)
{
	if (n < 1u << 6)
		buffer_put_u8(b, (uint8_t)(n << 2));
	else if (n < 1u << 14)
		buffer_put_le16(b, (uint16_t)(n << 2 | 1));
	else
		buffer_put_le32(b, (uint32_t)n << 2 | 2);
}

void scale_put_bytes(struct buffer *b, struct span s)
{
	scale_put_compact(b, s.n);
	buffer_put(b, s);
}
