#include "formats/conf.h"

#include <errno.h>

#include "base/text.h"

/* The length of the well-formed UTF-8 sequence at s.p (RFC 3629, section 4), 0 if there is none. */
static size_t utf8_length(struct span s)
{
	uint8_t c = s.p[0];
	size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : 4;

	if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || s.n < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms, surrogates and what lies above U+10FFFF. */
	if (n >= 3 && ((c == 0xe0 && s.p[1] < 0xa0) || (c == 0xed && s.p[1] >= 0xa0) ||
		       (c == 0xf0 && s.p[1] < 0x90) || (c == 0xf4 && s.p[1] >= 0x90)))
		return 0;
	return n;
}

bool conf_text_is_clean(struct span s)
{
	while (s.n) {
		size_t n = utf8_length(s);

		if (n == 0 || s.p[0] == 0x7f || (s.p[0] < 0x20 && s.p[0] != '\t'))
			return false;
		s = span_skip(s, n);
	}
	return true;
}

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_'))
			return false;
	}
	return s.n > 0;
}

static int parse_section(struct span line, struct conf_entry *e, struct error **err)
{
	/* "[" alone has no inside; that it does not end in "]" is noticed below. */
	struct span inner = {line.p + 1, line.n < 2 ? 0 : line.n - 2};
	const uint8_t *blank = inner.n ? memchr(inner.p, ' ', inner.n) : NULL;

	e->section = inner;
	e->argument = SPAN(inner.p, 0);
	if (blank) {
		size_t n = (size_t)(blank - inner.p);

		e->section.n = n;
		e->argument = span_trim((struct span){blank, inner.n - n});
	}
	if (line.p[line.n - 1] != ']' || !is_name(e->section) || (blank && !is_name(e->argument)))
		return error_set(err, -ERROR_MALFORMED, "malformed section '%.*s'", (int)line.n,
				 (const char *)line.p);
	e->key = e->value = SPAN(line.p, 0);
	return 0;
}

static int parse_assignment(struct span line, struct conf_entry *e, struct error **err)
{
	const uint8_t *equals = memchr(line.p, '=', line.n);
	size_t n = equals ? (size_t)(equals - line.p) : 0;

	if (!equals)
		return error_set(err, -ERROR_MALFORMED, "no '=' in '%.*s'", (int)line.n,
				 (const char *)line.p);
	e->key = span_trim((struct span){line.p, n});
	e->value = span_trim((struct span){equals + 1, line.n - n - 1});
	if (!is_name(e->key))
		return error_set(err, -ERROR_MALFORMED, "malformed key '%.*s'", (int)n,
				 (const char *)line.p);
	if (e->section.n == 0)
		return error_set(err, -ERROR_MALFORMED, "key '%.*s' before any section",
				 (int)e->key.n, (const char *)e->key.p);
	return 0;
}

static int parse_line(struct span line, struct conf_entry *e, conf_function f, void *context,
		      struct error **err)
{
	int r;

	if (!conf_text_is_clean(line))
		return error_set(err, -ERROR_MALFORMED, "control character, or not UTF-8");
	line = span_trim(line);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return 0;
	r = line.p[0] == '[' ? parse_section(line, e, err) : parse_assignment(line, e, err);
	return r < 0 ? r : f(context, e, err);
}

int conf_parse(const char *name, struct span text, conf_function f, void *context,
	       struct error **err)
{
	struct reader reader = reader_init(text);
	struct conf_entry e = {0};
	struct span line;

	if (text.n > CONF_MAX)
		return error_set(err, -EFBIG, "%s: %zu bytes, more than the %u allowed", name,
				 text.n, CONF_MAX);
	while (reader_line(&reader, &line)) {
		e.line++;

		int r = parse_line(line, &e, f, context, err);

		if (r < 0)
			return error_wrap(err, r, "%s:%u", name, e.line);
	}
	return 0;
}
