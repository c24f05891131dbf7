#include "formats/config_keys.h"

#include <errno.h>

#include "formats/conf.h"

static const char *const type_names[CONFIG_TYPES_] = {
	[CONFIG_CHOICE] = "choice",   [CONFIG_CHOICES] = "choices", [CONFIG_NUMBER] = "number",
	[CONFIG_ADDRESS] = "address", [CONFIG_URLS] = "urls",	    [CONFIG_HOSTS] = "hosts",
	[CONFIG_LABEL] = "label",     [CONFIG_WORDS] = "words",
};

const char *config_type_name(enum config_type type)
{
	return type_names[type];
}

/* A section of a file before it is known to be whole. */
struct declaration {
	struct config_key key;
	unsigned line;
	bool has_type, has_min, has_max;
	char *value; /* Default= as written */
	bool replace;
	bool remove;
};

struct declarations {
	struct declaration *items;
	size_t n;
	size_t capacity;
};

static void key_release(struct config_key *k)
{
	free(k->name);
	free(k->help);
	free(k->default_value);
	string_list_release(&k->choices);
	*k = (struct config_key){0};
}

void config_keys_release(struct config_keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		key_release(&k->items[i]);
	free(k->items);
	*k = (struct config_keys){0};
}

static void declarations_release(struct declarations *d)
{
	for (size_t i = 0; i < d->n; i++) {
		key_release(&d->items[i].key);
		free(d->items[i].value);
	}
	free(d->items);
}

const struct config_key *config_keys_find(const struct config_keys *k, struct span name)
{
	for (size_t i = 0; i < k->n; i++) {
		if (span_equal(span_string(k->items[i].name), name))
			return &k->items[i];
	}
	return NULL;
}

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!((c >= 'A' && c <= 'Z') || (i > 0 && ((c >= '0' && c <= '9') || c == '_'))))
			return false;
	}
	return s.n > 0 && s.n <= CONFIG_NAME_MAX;
}

static int begin(struct declarations *d, const struct conf_entry *e, struct error **err)
{
	if (!is_name(e->section) || e->argument.n)
		return error_set(err, -ERROR_MALFORMED,
				 "not the name of a key: capitals, digits and '_', at most %u",
				 CONFIG_NAME_MAX);
	if (d->n == CONFIG_KEYS_MAX)
		return error_set(err, -EFBIG, "more than %u keys", CONFIG_KEYS_MAX);
	if (array_reserve(&d->items, &d->capacity, d->n + 1, sizeof *d->items) < 0)
		return error_oom(err);
	d->items[d->n] = (struct declaration){.line = e->line};
	d->items[d->n].key.name = span_to_string(e->section);
	return d->items[d->n++].key.name ? 0 : error_oom(err);
}

static int take_text(struct span value, char **ret, struct error **err)
{
	if (*ret)
		return error_set(err, -ERROR_MALFORMED, "said twice");
	*ret = span_to_string(value);
	return *ret ? 0 : error_oom(err);
}

static int take_type(struct declaration *d, struct span value, struct error **err)
{
	if (d->has_type)
		return error_set(err, -ERROR_MALFORMED, "said twice");
	for (size_t i = 0; i < CONFIG_TYPES_; i++) {
		if (!span_equal(span_string(type_names[i]), value))
			continue;
		d->key.type = (enum config_type)i;
		d->has_type = true;
		return 0;
	}
	return error_set(err, -ERROR_MALFORMED, "no such type");
}

static int take_number(struct span value, bool *has, uint64_t *ret, struct error **err)
{
	if (*has)
		return error_set(err, -ERROR_MALFORMED, "said twice");
	*has = true;
	return parse_u64(value, UINT64_MAX, ret) ? 0
						 : error_set(err, -ERROR_MALFORMED, "not a number");
}

static int take_choice(struct declaration *d, struct span value, struct error **err)
{
	_cleanup_free_ char *text = span_to_string(value);

	if (!text)
		return error_oom(err);
	for (const char *p = text; *p; p++) {
		if (*p <= ' ' || *p > '~' || strchr("\"'\\`$", *p))
			return error_set(err, -ERROR_MALFORMED, "not one plain word");
	}
	if (!*text || string_list_has(&d->key.choices, text))
		return error_set(err, -ERROR_MALFORMED, *text ? "said twice" : "empty");
	return string_list_add(&d->key.choices, text) < 0 ? error_oom(err) : 0;
}

static int take_yes(struct span value, bool *ret, struct error **err)
{
	*ret = true;
	return span_equal(value, SPAN_LITERAL("yes"))
		       ? 0
		       : error_set(err, -ERROR_MALFORMED, "may only be 'yes'");
}

static int take_setting(struct declaration *d, const struct conf_entry *e, struct error **err)
{
	if (span_equal(e->key, SPAN_LITERAL("Type")))
		return take_type(d, e->value, err);
	if (span_equal(e->key, SPAN_LITERAL("Choice")))
		return take_choice(d, e->value, err);
	if (span_equal(e->key, SPAN_LITERAL("Min")))
		return take_number(e->value, &d->has_min, &d->key.min, err);
	if (span_equal(e->key, SPAN_LITERAL("Max")))
		return take_number(e->value, &d->has_max, &d->key.max, err);
	if (span_equal(e->key, SPAN_LITERAL("Default")))
		return take_text(e->value, &d->value, err);
	if (span_equal(e->key, SPAN_LITERAL("Help")))
		return take_text(e->value, &d->key.help, err);
	if (span_equal(e->key, SPAN_LITERAL("Replace")))
		return take_yes(e->value, &d->replace, err);
	if (span_equal(e->key, SPAN_LITERAL("Remove")))
		return take_yes(e->value, &d->remove, err);
	return error_set(err, -ERROR_MALFORMED, "unknown");
}

static int take_entry(void *context, const struct conf_entry *e, struct error **err)
{
	struct declarations *d = context;
	int r;

	if (e->key.n == 0)
		return begin(d, e, err);
	r = take_setting(&d->items[d->n - 1], e, err);
	return r < 0 ? error_wrap(err, r, "%.*s=%.*s", (int)e->key.n, (const char *)e->key.p,
				  (int)MIN(e->value.n, (size_t)CONFIG_HELP_MAX),
				  (const char *)e->value.p)
		     : 0;
}

static bool is_list(enum config_type type)
{
	return type == CONFIG_CHOICES || type == CONFIG_URLS || type == CONFIG_HOSTS ||
	       type == CONFIG_WORDS;
}

static int check_bounds(struct declaration *d, struct error **err)
{
	struct config_key *k = &d->key;
	bool chooses = k->type == CONFIG_CHOICE || k->type == CONFIG_CHOICES;

	if (chooses != (k->choices.n > 0))
		return error_set(err, -ERROR_MALFORMED,
				 chooses ? "no Choice=" : "Choice= is for choice and choices");
	if (k->type == CONFIG_NUMBER && !(d->has_min && d->has_max))
		return error_set(err, -ERROR_MALFORMED, "a number needs Min= and Max=");
	if (k->type == CONFIG_CHOICE && (d->has_min || d->has_max))
		return error_set(err, -ERROR_MALFORMED, "a choice has no Min= or Max=");
	if (k->type == CONFIG_CHOICE || k->type == CONFIG_LABEL)
		k->min = 1;
	if (!d->has_max && k->type != CONFIG_NUMBER)
		k->max = is_list(k->type) ? CONFIG_ITEMS_MAX : 1;
	if (k->type != CONFIG_NUMBER && k->max > (is_list(k->type) ? CONFIG_ITEMS_MAX : 1))
		return error_set(err, -ERROR_MALFORMED, "Max= is more than %u",
				 is_list(k->type) ? CONFIG_ITEMS_MAX : 1);
	return k->min > k->max ? error_set(err, -ERROR_MALFORMED, "Min= is more than Max=") : 0;
}

static int complete(struct declaration *d, struct error **err)
{
	struct config_key *k = &d->key;
	int r;

	if (d->remove)
		return d->has_type || d->value || k->help || d->replace || k->choices.n ||
				       d->has_min || d->has_max
			       ? error_set(err, -ERROR_MALFORMED, "Remove= stands alone")
			       : 0;
	if (!d->has_type || !d->value || !k->help || !k->help[0])
		return error_set(err, -ERROR_MALFORMED, "no %s=",
				 !d->has_type ? "Type"
				 : !d->value  ? "Default"
					      : "Help");
	if (strlen(k->help) > CONFIG_HELP_MAX)
		return error_set(err, -ERROR_MALFORMED, "Help= has more than %u bytes",
				 CONFIG_HELP_MAX);
	r = check_bounds(d, err);
	if (r < 0)
		return r;
	r = config_value(k, span_string(d->value), &k->default_value, err);
	return r < 0 ? error_wrap(err, r, "Default=") : 0;
}

static void take_away(struct config_keys *k, size_t at)
{
	key_release(&k->items[at]);
	memmove(&k->items[at], &k->items[at + 1], (k->n - at - 1) * sizeof *k->items);
	k->n--;
}

/* In the place that its name has. */
static int insert(struct config_keys *k, struct config_key *key, struct error **err)
{
	size_t at = k->n;

	if (k->n == CONFIG_KEYS_MAX)
		return error_set(err, -EFBIG, "more than %u keys", CONFIG_KEYS_MAX);
	if (array_reserve(&k->items, &k->capacity, k->n + 1, sizeof *k->items) < 0)
		return error_oom(err);
	for (; at > 0 && strcmp(k->items[at - 1].name, key->name) > 0; at--)
		k->items[at] = k->items[at - 1];
	k->items[at] = *key;
	k->n++;
	*key = (struct config_key){0};
	return 0;
}

static int merge(struct config_keys *k, struct declaration *d, struct error **err)
{
	const struct config_key *found = config_keys_find(k, span_string(d->key.name));

	if ((d->replace || d->remove) != (found != NULL))
		return error_set(err, -ERROR_MALFORMED,
				 found ? "declared before: Replace=yes takes its place"
				       : "no file before declares it");
	if (found)
		take_away(k, (size_t)(found - k->items));
	return d->remove ? 0 : insert(k, &d->key, err);
}

int config_keys_check_name(const char *name, struct error **err)
{
	return string_ends(name, CONFIG_KEYS_SUFFIX)
		       ? 0
		       : error_set(err, -ERROR_MALFORMED, "not named NN-NAME" CONFIG_KEYS_SUFFIX);
}

int config_keys_add(struct config_keys *k, const char *name, struct span text, struct error **err)
{
	_cleanup_(declarations_release) struct declarations d = {0};
	int r = text.n > CONFIG_KEYS_FILE_MAX
			? error_set(err, -EFBIG, "%s: %zu bytes, more than the %u allowed", name,
				    text.n, CONFIG_KEYS_FILE_MAX)
			: conf_parse(name, text, take_entry, &d, err);

	for (size_t i = 0; r >= 0 && i < d.n; i++) {
		unsigned line = d.items[i].line;
		_cleanup_free_ char *key = strdup(d.items[i].key.name);

		r = key ? complete(&d.items[i], err) : error_oom(err);
		if (r >= 0)
			r = merge(k, &d.items[i], err);
		if (r < 0)
			r = error_wrap(err, r, "%s:%u: [%s]", name, line, key ? key : "");
	}
	return r;
}
