#include "formats/config.h"

#include <errno.h>

#include "formats/conf.h"

/* Of a key that a message quotes. */
#define SHOWN_MAX 64u

void config_release(struct config *c)
{
	for (size_t i = 0; c->values && i < c->keys->n; i++)
		free(c->values[i]);
	free(c->values);
	free(c->lines);
	*c = (struct config){0};
}

int config_init(const struct config_keys *keys, struct config *ret, struct error **err)
{
	struct config c = {
		.keys = keys,
		.values = calloc(keys->n + 1, sizeof *c.values),
		.lines = calloc(keys->n + 1, sizeof *c.lines),
	};

	if (!c.values || !c.lines) {
		config_release(&c);
		return error_oom(err);
	}
	*ret = c;
	return 0;
}

/* The key of "KEY=value", and its value. */
static int split(const struct config *c, struct span line, size_t *ret, struct span *ret_value,
		 struct error **err)
{
	const uint8_t *equals = line.n ? memchr(line.p, '=', line.n) : NULL;
	size_t n = equals ? (size_t)(equals - line.p) : line.n;
	struct span name = span_trim(SPAN(line.p, n));
	int shown = (int)MIN(name.n, (size_t)SHOWN_MAX);
	const struct config_key *key;

	if (!equals)
		return error_set(err, -ERROR_MALFORMED, "no '=' in '%.*s'", shown,
				 (const char *)name.p);
	key = config_keys_find(c->keys, name);
	if (!key)
		return error_set(err, -ERROR_MALFORMED, "unknown key '%.*s'", shown,
				 (const char *)name.p);
	*ret = (size_t)(key - c->keys->items);
	*ret_value = span_trim(span_skip(line, n + 1));
	return 0;
}

static int take_value(struct config *c, size_t key, struct span value, struct error **err)
{
	const struct config_key *k = &c->keys->items[key];
	char *canonical = NULL;
	int r = config_value(k, value, &canonical, err);

	if (r < 0)
		return error_wrap(err, r, "%s", k->name);
	free(c->values[key]);
	c->values[key] = canonical;
	return 0;
}

static int read_line(struct config *c, struct span line, unsigned number, struct error **err)
{
	struct span value;
	size_t key;
	int r;

	if (!conf_text_is_clean(line))
		return error_set(err, -ERROR_MALFORMED, "control character or no UTF-8");
	line = span_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	r = split(c, line, &key, &value, err);
	if (r < 0)
		return r;
	if (c->lines[key])
		return error_set(err, -ERROR_MALFORMED, "'%s' was set before, in line %u",
				 c->keys->items[key].name, c->lines[key]);
	c->lines[key] = number;
	return take_value(c, key, value, err);
}

int config_read(struct config *c, const char *name, struct span text, struct error **err)
{
	struct reader reader = reader_init(text);
	struct span line;
	int r = 0;

	if (text.n > CONFIG_MAX)
		return error_set(err, -EFBIG, "%s: more than the %u bytes allowed", name,
				 CONFIG_MAX);
	for (unsigned number = 1; r >= 0 && reader_line(&reader, &line); number++) {
		r = read_line(c, line, number, err);
		if (r < 0)
			r = error_wrap(err, r, "%s:%u", name, number);
	}
	return r;
}

int config_set(struct config *c, const char *assignment, struct error **err)
{
	struct span line = span_string(assignment), value;
	size_t key;
	int r;

	if (!conf_text_is_clean(line))
		return error_set(err, -ERROR_MALFORMED, "control character or no UTF-8");
	r = split(c, line, &key, &value, err);
	return r < 0 ? r : take_value(c, key, value, err);
}

static const char *value_at(const struct config *c, size_t i)
{
	return c->values[i] ? c->values[i] : c->keys->items[i].default_value;
}

static bool differs_at(const struct config *c, size_t i)
{
	return !string_equal(value_at(c, i), c->keys->items[i].default_value);
}

const char *config_get(const struct config *c, const char *name)
{
	const struct config_key *key = config_keys_find(c->keys, span_string(name));

	return key ? value_at(c, (size_t)(key - c->keys->items)) : NULL;
}

bool config_differs(const struct config *c)
{
	for (size_t i = 0; i < c->keys->n; i++) {
		if (differs_at(c, i))
			return true;
	}
	return false;
}

void config_canonical(const struct config *c, struct buffer *b)
{
	for (size_t i = 0; i < c->keys->n; i++)
		buffer_printf(b, "%s=%s\n", c->keys->items[i].name, value_at(c, i));
}

void config_difference(const struct config *c, struct buffer *b)
{
	for (size_t i = 0; i < c->keys->n; i++) {
		if (differs_at(c, i))
			buffer_printf(b, "%s=%s\n", c->keys->items[i].name, value_at(c, i));
	}
}
