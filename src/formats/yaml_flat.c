#include "formats/yaml_flat.h"

#include "base/text.h"

static int bad(size_t line, const char *what, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "line %zu: %s", line, what);
}

/* Text in double quotes is JSON but for a few escapes, which are not used. */
static json_t *quoted(struct span value)
{
	return json_loadb((const char *)value.p, value.n, JSON_DECODE_ANY, NULL);
}

static size_t indentation(struct span line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == ' ')
		n++;
	return n;
}

/* Takes the indented lines that follow; `folded` ones are joined by a blank. */
static bool take_block(struct reader *r, size_t *number, bool folded, bool keep_end,
		       struct buffer *ret)
{
	struct reader ahead = *r;
	struct span line;
	size_t deep = 0;

	while (reader_line(&ahead, &line)) {
		size_t n = indentation(line);

		if (n == line.n) {
			*r = ahead; /* an empty line ends nothing, and is at the end of all our blocks */
			(*number)++;
			continue;
		}
		if (n == 0)
			break;
		deep = deep ? deep : n;
		if (n < deep)
			return false;
		if (ret->n)
			buffer_put_u8(ret, folded ? ' ' : '\n');
		buffer_put(ret, span_skip(line, deep));
		*r = ahead;
		(*number)++;
	}
	if (keep_end)
		buffer_put_u8(ret, '\n');
	return buffer_ok(ret) && deep;
}

static int take_value(struct reader *r, size_t *number, struct span value, size_t max, json_t **ret,
		      struct error **err)
{
	_cleanup_(buffer_release) struct buffer block = BUFFER_INIT(max);
	size_t first = *number;
	bool folded = value.n && value.p[0] == '>';

	if (value.n && value.p[0] == '"') {
		*ret = quoted(value);
	} else if (value.n && (folded || value.p[0] == '|')) {
		bool strip = value.n == 2 && value.p[1] == '-';

		if (value.n != 1 && !strip)
			return bad(first, "a kind of block that is not read", err);
		if (!take_block(r, number, folded, !strip, &block))
			return bad(first, "a block of lines that cannot be read", err);
		*ret = json_stringn(buffer_text(&block), block.n);
	} else if (value.n && !strchr("[{&*!%@`'#-?", value.p[0])) {
		*ret = json_stringn((const char *)value.p, value.n);
	}
	return *ret ? 0 : bad(first, "a value that is not read", err);
}

static int take_member(struct reader *r, size_t *number, struct span line, size_t max, json_t *o,
		       struct error **err)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);
	size_t n = colon ? (size_t)(colon - line.p) : 0;
	_cleanup_free_ char *name = NULL;
	json_t *value = NULL;
	int result;

	if (n == 0 || line.p[0] == ' ' || line.p[0] == '-')
		return bad(*number, "no 'name: value'", err);
	name = span_to_string(SPAN(line.p, n));
	if (!name)
		return bad(*number, "no 'name: value'", err);
	if (json_object_get(o, name))
		return error_set(err, -ERROR_MALFORMED, "line %zu: '%s' is there twice", *number,
				 name);
	result = take_value(r, number, span_trim(span_skip(line, n + 1)), max, &value, err);
	if (result >= 0 && json_object_set_new(o, name, value) < 0)
		result = error_oom(err);
	return result;
}

int yaml_flat_parse(struct span text, json_t **ret, struct error **err)
{
	_cleanup_json_ json_t *o = json_object();
	struct reader r = reader_init(text);
	struct span line;
	size_t number = 0;

	if (!o)
		return error_oom(err);
	while (reader_line(&r, &line)) {
		number++;
		if (span_trim(line).n == 0 || line.p[0] == '#')
			continue;

		int result = take_member(&r, &number, line, text.n, o, err);

		if (result < 0)
			return result;
	}
	*ret = TAKE_PTR(o);
	return 0;
}
