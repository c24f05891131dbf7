#include "formats/printable.h"

#include "base/text.h"

static bool is_printable(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x2028 && c != 0x2029 &&
	       /* marks that turn the direction of writing: they hide what is written */
	       !(c >= 0x200b && c <= 0x200f) && !(c >= 0x202a && c <= 0x202e) &&
	       !(c >= 0x2066 && c <= 0x2069) && c != 0xfeff && (c & 0xfffe) != 0xfffe &&
	       !is_surrogate(c);
}

static void put_utf8(uint32_t c, struct buffer *b)
{
	char utf8[4];

	buffer_put(b, SPAN(utf8, utf8_encode(is_printable(c) ? c : '?', utf8)));
}

void printable_utf16(struct span text, struct buffer *b)
{
	uint32_t c;

	while (text.n >= 2 && (c = utf16_next(&text)) != 0)
		put_utf8(c, b);
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

/* The character of UTF-8 that begins `text`, and its length; 0 if there is none. */
static size_t utf8_length(struct span text, uint32_t *ret)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t first = text.p[0];
	size_t n = first < 0x80	      ? 1
		   : first >> 5 == 6  ? 2
		   : first >> 4 == 14 ? 3
		   : first >> 3 == 30 ? 4
				      : 0;
	uint32_t c = n == 1 ? first : n ? first & (0x7fu >> n) : 0;

	if (n == 0 || n > text.n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (text.p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (text.p[i] & 0x3f);
	}
	*ret = c;
	return c >= smallest[n] && c < 0x110000 && !is_surrogate(c) ? n : 0;
}

void printable_lines(struct span text, struct buffer *b)
{
	while (text.n > 0) {
		uint32_t c = 0;
		size_t n = utf8_length(text, &c);

		if (n && (is_printable(c) || c == '\n' || c == '\t'))
			buffer_put(b, SPAN(text.p, n));
		else if (text.p[0] != '\r' || text.n < 2 || text.p[1] != '\n')
			buffer_printf(b, "\\x%02x", text.p[0]);
		text = span_skip(text, n && is_printable(c) ? n : 1);
	}
}

void printable_guid(const uint8_t p[16], struct buffer *b)
{
	const struct guid g = guid_at(p);
	char text[GUID_TEXT_SIZE];

	guid_format(&g, text);
	buffer_put_string(b, text);
}
