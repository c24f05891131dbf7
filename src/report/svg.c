#include "report/svg.h"

void svg_label(struct buffer *b, const char *text, const struct rectangle *r, double y,
	       const char *class)
{
	double letter = string_equal(class, "strong") ? SVG_STRONG_LETTER : SVG_LETTER;
	size_t n = strlen(text), room = r->width > 12 ? (size_t)((r->width - 10) / letter) : 0;

	/* Three letters and an ellipsis say nothing. */
	if (n == 0 || r->height < y + 4 || room < 3 || (n > room && room < 7))
		return;
	if (n > room) {
		n = room - 1;
		/* Not within a character of UTF-8. */
		while (n > 0 && ((uint8_t)text[n] & 0xc0) == 0x80)
			n--;
	}
	html_put(b, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, r->x + 5, r->y + y);
	html_text(b, SPAN(text, n));
	buffer_put_string(b, text[n] ? "…</text>" : "</text>");
}
