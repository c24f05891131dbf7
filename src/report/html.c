#include "report/html.h"

#include <stdarg.h>

#include "formats/printable.h"

/* A conversion with flags, width and precision. */
#define SPECIFICATION_MAX 16u

void html_text(struct buffer *b, struct span text)
{
	_cleanup_(buffer_release) struct buffer clean = BUFFER_INIT(PRINTABLE_GROWTH * text.n + 1);

	printable_lines(text, &clean);
	b->failed |= !buffer_ok(&clean);
	for (size_t i = 0; i < clean.n; i++) {
		switch (clean.p[i]) {
		case '<':
			buffer_put_string(b, "&lt;");
			break;
		case '>':
			buffer_put_string(b, "&gt;");
			break;
		case '&':
			buffer_put_string(b, "&amp;");
			break;
		case '"':
			buffer_put_string(b, "&quot;");
			break;
		case '\'':
			buffer_put_string(b, "&#39;");
			break;
		default:
			buffer_put_u8(b, clean.p[i]);
		}
	}
}

/* One conversion, whose letter is the last of `spec`. */
static void put_conversion(struct buffer *b, const char *spec, va_list *args)
{
	bool is_long = strpbrk(spec, "lz");
	char letter = spec[strlen(spec) - 1];
	const char *text;

	/* The format was checked against the arguments where html_put() was called. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	switch (letter) {
	case 's':
		text = va_arg(*args, const char *);
		html_text(b, span_string(text ? text : ""));
		break;
	case 'f':
	case 'g':
		buffer_printf(b, spec, va_arg(*args, double));
		break;
	case 'c':
	case 'd':
	case 'u':
	case 'x':
		if (is_long)
			buffer_printf(b, spec, va_arg(*args, unsigned long));
		else
			buffer_printf(b, spec, va_arg(*args, unsigned));
		break;
	default:
		b->failed = true;
	}
#pragma GCC diagnostic pop
}

void html_put(struct buffer *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	while (*fmt && buffer_ok(b)) {
		size_t n = strcspn(fmt, "%");

		buffer_put(b, SPAN(fmt, n));
		fmt += n;
		if (fmt[0] == '%' && fmt[1] == '%') {
			buffer_put_u8(b, '%');
			fmt += 2;
		} else if (*fmt) {
			char spec[SPECIFICATION_MAX] = {0};

			n = strcspn(fmt, "scdufgx") + 1;
			if (n >= sizeof spec) {
				b->failed = true;
				break;
			}
			memcpy(spec, fmt, n);
			put_conversion(b, spec, &args);
			fmt += n;
		}
	}
	va_end(args);
}

void html_size(struct buffer *b, uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		buffer_printf(b, "%u B", (unsigned)bytes);
		return;
	}
	while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	buffer_printf(b, value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void html_digest(struct buffer *b, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	html_put(b, "<code class=\"hex\">%s</code>", hex);
}
