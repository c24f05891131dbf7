#include "formats/printable.h"

#define HIGH_SURROGATE 0xd800u
#define LOW_SURROGATE 0xdc00u
#define AFTER_SURROGATES 0xe000u

static bool is_printable(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x2028 && c != 0x2029 &&
	       /* marks that turn the direction of writing: they hide what is written */
	       !(c >= 0x200b && c <= 0x200f) && !(c >= 0x202a && c <= 0x202e) &&
	       !(c >= 0x2066 && c <= 0x2069) && c != 0xfeff && (c & 0xfffe) != 0xfffe;
}

static void put_utf8(uint32_t c, struct buffer *b)
{
	if (!is_printable(c))
		c = '?';
	if (c < 0x80) {
		buffer_put_u8(b, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		buffer_put_u8(b, (uint8_t)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buffer_put_u8(b, (uint8_t)(0xe0 | c >> 12));
		} else {
			buffer_put_u8(b, (uint8_t)(0xf0 | c >> 18));
			buffer_put_u8(b, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		}
		buffer_put_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	buffer_put_u8(b, (uint8_t)(0x80 | (c & 0x3f)));
}

void printable_utf16(struct span text, struct buffer *b)
{
	for (size_t i = 0; i + 1 < text.n; i += 2) {
		uint32_t c = get_le16(text.p + i);
		uint32_t next = i + 3 < text.n ? get_le16(text.p + i + 2) : 0;

		if (c == 0)
			return;
		if (c >= HIGH_SURROGATE && c < LOW_SURROGATE && next >= LOW_SURROGATE &&
		    next < AFTER_SURROGATES) {
			c = 0x10000 + ((c - HIGH_SURROGATE) << 10) + (next - LOW_SURROGATE);
			i += 2;
		} else if (c >= HIGH_SURROGATE && c < AFTER_SURROGATES) {
			c = '?';
		}
		put_utf8(c, b);
	}
}

void printable_ascii(struct span text, struct buffer *b)
{
	for (size_t i = 0; i < text.n && text.p[i] != 0; i++)
		put_utf8(text.p[i] < 0x80 ? text.p[i] : '?', b);
}

void printable_text(struct span text, struct buffer *b)
{
	if (text.n >= 2 && text.p[0] != 0 && text.p[1] == 0)
		printable_utf16(text, b);
	else
		printable_ascii(text, b);
}

void printable_hex(struct span bytes, size_t max, struct buffer *b)
{
	for (size_t i = 0; i < MIN(bytes.n, max); i++)
		buffer_printf(b, "%02x", bytes.p[i]);
	if (bytes.n > max)
		buffer_put_string(b, "...");
}
