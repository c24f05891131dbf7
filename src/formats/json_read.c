#include "formats/json_read.h"

#include "base/text.h"

int json_read_document(struct span text, bool array, json_t **ret, struct error **err)
{
	json_error_t e;
	json_t *root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &e);

	if (!root)
		return error_set(err, -ERROR_MALFORMED, "line %d, column %d: %s", e.line, e.column,
				 e.text);
	if (array ? !json_is_array(root) : !json_is_object(root)) {
		json_decref(root);
		return error_set(err, -ERROR_MALFORMED, "not a JSON %s",
				 array ? "array" : "object");
	}
	*ret = root;
	return 0;
}

static int find(const json_t *object, const char *name, const json_t **ret, struct error **err)
{
	*ret = json_object_get(object, name);
	return *ret ? 0 : error_set(err, -ERROR_MALFORMED, "no '%s'", name);
}

int json_read_object(const json_t *object, const char *name, const json_t **ret, struct error **err)
{
	int r = find(object, name, ret, err);

	if (r >= 0 && !json_is_object(*ret))
		r = error_set(err, -ERROR_MALFORMED, "'%s' is no object", name);
	return r;
}

int json_read_array(const json_t *object, const char *name, size_t max, const json_t **ret,
		    struct error **err)
{
	int r = find(object, name, ret, err);

	if (r < 0)
		return r;
	if (!json_is_array(*ret))
		return error_set(err, -ERROR_MALFORMED, "'%s' is no array", name);
	if (json_array_size(*ret) > max)
		return error_set(err, -ERROR_MALFORMED, "'%s' has %zu items, more than %zu", name,
				 json_array_size(*ret), max);
	return 0;
}

int json_read_string(const json_t *object, const char *name, const char **ret, struct error **err)
{
	const json_t *value;
	int r = find(object, name, &value, err);

	if (r < 0)
		return r;
	if (!json_is_string(value))
		return error_set(err, -ERROR_MALFORMED, "'%s' is no text", name);
	*ret = json_string_value(value);
	return 0;
}

int json_read_number(const json_t *object, const char *name, uint64_t max, uint64_t *ret,
		     struct error **err)
{
	const json_t *value;
	int r = find(object, name, &value, err);

	if (r < 0)
		return r;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max)
		return error_set(err, -ERROR_MALFORMED, "'%s' is no whole number from 0 to %llu",
				 name, (unsigned long long)max);
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

int json_read_bool(const json_t *object, const char *name, bool *ret, struct error **err)
{
	const json_t *value;
	int r = find(object, name, &value, err);

	if (r < 0)
		return r;
	if (!json_is_boolean(value))
		return error_set(err, -ERROR_MALFORMED, "'%s' is neither true nor false", name);
	*ret = json_is_true(value);
	return 0;
}

int json_read_hex(const json_t *object, const char *name, uint8_t *ret, size_t n,
		  struct error **err)
{
	const char *text;
	int r = json_read_string(object, name, &text, err);

	if (r >= 0 && !hex_decode(span_string(text), ret, n))
		r = error_set(err, -ERROR_MALFORMED, "'%s' is not %zu hexadecimal digits", name,
			      2 * n);
	return r;
}

int json_read_time(const json_t *object, const char *name, int64_t *ret, struct error **err)
{
	const char *text;
	int r = json_read_string(object, name, &text, err);

	if (r >= 0 && !time_parse(span_string(text), ret))
		r = error_set(err, -ERROR_MALFORMED, "'%s' is no time like 2026-06-30T07:53:47Z",
			      name);
	return r;
}

bool time_parse(struct span text, int64_t *ret)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	static const struct {
		uint8_t at, n;
		uint16_t min, max;
	} fields[] = {{0, 4, 1970, 9999}, {5, 2, 1, 12},  {8, 2, 1, 31},
		      {11, 2, 0, 23},	  {14, 2, 0, 59}, {17, 2, 0, 59}};
	uint64_t v[ARRAY_SIZE(fields)];

	if (text.n != sizeof form - 1)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (form[i] != 'd' && form[i] != (char)text.p[i])
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!parse_u64(SPAN(text.p + fields[i].at, fields[i].n), fields[i].max, &v[i]) ||
		    v[i] < fields[i].min)
			return false;

	struct tm tm = {.tm_year = (int)v[0] - 1900,
			.tm_mon = (int)v[1] - 1,
			.tm_mday = (int)v[2],
			.tm_hour = (int)v[3],
			.tm_min = (int)v[4],
			.tm_sec = (int)v[5]};
	int64_t t = timegm(&tm);

	/* timegm() makes the first of March of a thirtieth of February. */
	if (tm.tm_mday != (int)v[2])
		return false;
	*ret = t;
	return true;
}

void time_format(int64_t t, char out[TIME_TEXT_SIZE])
{
	time_t seconds = (time_t)t;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || strftime(out, TIME_TEXT_SIZE, "%FT%TZ", &tm) == 0)
		snprintf(out, TIME_TEXT_SIZE, "%lld s", (long long)t);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct span *rest)
{
	while (rest->n && is_blank(rest->p[0]))
		*rest = span_skip(*rest, 1);
}

/* Takes a text with its quotation marks. */
static bool take_text(struct span *rest, struct span *ret)
{
	if (!rest->n || rest->p[0] != '"')
		return false;
	for (size_t i = 1; i < rest->n; i++) {
		if (rest->p[i] == '\\') {
			i++;
		} else if (rest->p[i] == '"') {
			*ret = SPAN(rest->p, i + 1);
			*rest = span_skip(*rest, i + 1);
			return true;
		}
	}
	return false;
}

/* Takes a value: up to the comma or bracket behind it. */
static bool take_value(struct span *rest, struct span *ret)
{
	const uint8_t *start = rest->p;
	size_t depth = 0;
	struct span text;

	while (rest->n) {
		uint8_t c = rest->p[0];

		if (c == '"') {
			if (!take_text(rest, &text))
				return false;
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			break;
		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		*rest = span_skip(*rest, 1);
	}
	*ret = SPAN(start, (size_t)(rest->p - start));
	while (ret->n && is_blank(ret->p[ret->n - 1]))
		ret->n--;
	return ret->n && rest->n;
}

/* Takes "name": value and the comma or bracket behind it. */
static bool take_member(struct span *rest, struct span *ret_name, struct span *ret_value)
{
	skip_blanks(rest);
	if (!take_text(rest, ret_name))
		return false;
	skip_blanks(rest);
	if (!rest->n || rest->p[0] != ':')
		return false;
	*rest = span_skip(*rest, 1);
	skip_blanks(rest);
	if (!take_value(rest, ret_value) || rest->p[0] == ']')
		return false;
	return true;
}

int json_member_text(struct span text, const char *name, struct span *ret, struct error **err)
{
	struct span rest = text, member, value;
	bool found = false;

	skip_blanks(&rest);
	if (!rest.n || rest.p[0] != '{')
		return error_set(err, -ERROR_MALFORMED, "not a JSON object");
	do {
		rest = span_skip(rest, 1);
		if (!take_member(&rest, &member, &value))
			return error_set(err, -ERROR_MALFORMED, "not a JSON object");
		/* Without its quotation marks; a name that is written with escapes is another one. */
		if (!span_equal(SPAN(member.p + 1, member.n - 2), span_string(name)))
			continue;
		if (found)
			return error_set(err, -ERROR_MALFORMED, "'%s' is there twice", name);
		*ret = value;
		found = true;
	} while (rest.p[0] == ',');
	rest = span_skip(rest, 1);
	skip_blanks(&rest);
	if (rest.n)
		return error_set(err, -ERROR_MALFORMED, "%zu bytes after the document", rest.n);
	return found ? 0 : error_set(err, -ERROR_MALFORMED, "no '%s'", name);
}
