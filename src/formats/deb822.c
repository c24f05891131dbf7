#include "formats/deb822.h"

#include <strings.h>

#include "base/text.h"

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next line without taking it. */
static bool peek_line(const struct deb822_reader *r, struct span *ret)
{
	struct reader copy = r->reader;

	return reader_line(&copy, ret);
}

static struct span take_line(struct deb822_reader *r)
{
	struct span line = {0};

	if (reader_line(&r->reader, &line))
		r->line++;
	return line;
}

bool deb822_at_end(struct deb822_reader *r)
{
	struct span line;

	while (peek_line(r, &line)) {
		if (span_trim(line).n > 0 && line.p[0] != '#')
			return false;
		take_line(r);
	}
	return true;
}

/* Policy 5.1: printable ASCII but ":" and blank; not starting with "#" or "-". */
static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	}
	return s.n > 0 && s.p[0] != '#' && s.p[0] != '-';
}

/* Extends the value over the continuation lines that follow. */
static void take_continuation(struct deb822_reader *r, struct span *value)
{
	struct span line;

	while (peek_line(r, &line) && line.n > 0 && (is_space(line.p[0]) || line.p[0] == '#')) {
		if (is_space(line.p[0]) && span_trim(line).n == 0)
			return;
		take_line(r);
		if (line.p[0] != '#')
			value->n = (size_t)(line.p + line.n - value->p);
	}
}

int deb822_next(struct deb822_reader *r, struct deb822_field *ret, struct error **err)
{
	struct span line;

	for (;;) {
		if (!peek_line(r, &line) || span_trim(line).n == 0)
			return 0;
		take_line(r);
		if (line.p[0] != '#')
			break;
	}

	const uint8_t *colon = memchr(line.p, ':', line.n);
	size_t n = colon ? (size_t)(colon - line.p) : 0;

	ret->name = (struct span){line.p, n};
	if (!colon || !is_name(ret->name))
		return error_set(err, -ERROR_MALFORMED, "line %u: not a field: '%.*s'", r->line,
				 (int)MIN(line.n, 80u), (const char *)line.p);
	ret->line = r->line;
	ret->value = (struct span){colon + 1, line.n - n - 1};
	take_continuation(r, &ret->value);
	while (ret->value.n && is_space(ret->value.p[0]))
		ret->value = span_skip(ret->value, 1);
	return 1;
}

bool deb822_is(const struct deb822_field *f, const char *name)
{
	return f->name.n == strlen(name) &&
	       strncasecmp((const char *)f->name.p, name, f->name.n) == 0;
}

bool deb822_word(struct span *rest, struct span *ret)
{
	while (rest->n && is_space(rest->p[0]))
		*rest = span_skip(*rest, 1);

	size_t n = 0;

	while (n < rest->n && !is_space(rest->p[n]))
		n++;
	*ret = (struct span){rest->p, n};
	*rest = span_skip(*rest, n);
	return n > 0;
}
