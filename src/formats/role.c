#include "formats/role.h"

#include <errno.h>

#include "base/buffer.h"
#include "formats/conf.h"
#include "formats/config_text.h"

struct expansion {
	struct role role;
	struct span configuration;
};

void role_release(struct role *r)
{
	free(r->client);
	free(r->program);
	string_list_release(&r->arguments);
	string_list_release(&r->environment);
	*r = (struct role){0};
}

static bool is_key(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(i && ((c >= '0' && c <= '9') || c == '_')))
			return false;
	}
	return s.n > 0;
}

static int find_value(struct span configuration, struct span key, struct span *ret,
		      struct error **err)
{
	if (!is_key(key))
		return error_set(err, -ERROR_MALFORMED, "'%.*s' is not the name of a key",
				 (int)key.n, (const char *)key.p);
	if (config_text_find(configuration, key, ret))
		return 0;
	return error_set(err, -ENOENT, "the configuration has no key '%.*s'", (int)key.n,
			 (const char *)key.p);
}

/* Takes what stands in braces, up to the one that closes; *rest is behind it then. */
static int take_key(struct span *rest, struct span *ret, struct error **err)
{
	const uint8_t *close = memchr(rest->p, '}', rest->n);

	if (!close)
		return error_set(err, -ERROR_MALFORMED, "'{' without '}'");
	*ret = SPAN(rest->p + 1, (size_t)(close - rest->p) - 1);
	*rest = span_skip(*rest, ret->n + 2);
	return 0;
}

/* The value as what stands behind the key's name wants it: ".first" of its words, or all with ".commas" between. */
static int put_value(struct span key, struct span configuration, struct buffer *b,
		     struct error **err)
{
	const uint8_t *dot = key.n ? memchr(key.p, '.', key.n) : NULL;
	struct span name = dot ? SPAN(key.p, (size_t)(dot - key.p)) : key;
	struct span form = span_skip(key, name.n), value, word;
	bool first = span_equal(form, SPAN_LITERAL(".first"));
	bool commas = span_equal(form, SPAN_LITERAL(".commas"));
	int r = dot && !first && !commas ? error_set(err, -ERROR_MALFORMED,
						     "'%.*s' is neither '.first' nor '.commas'",
						     (int)form.n, (const char *)form.p)
					 : find_value(configuration, name, &value, err);

	if (r < 0)
		return r;
	if (value.n && memchr(value.p, 0, value.n))
		return error_set(err, -ERROR_MALFORMED, "the value of '%.*s' holds a NUL",
				 (int)name.n, (const char *)name.p);
	if (!dot) {
		buffer_put(b, value);
		return 0;
	}
	for (size_t i = 0; (word = span_next_word(&value)).n && (commas || i == 0); i++) {
		buffer_put_string(b, i ? "," : "");
		buffer_put(b, word);
	}
	return 0;
}

/* "{KEY}" becomes the key's value, "{{" and "}}" a brace. */
static int expand(struct span text, struct span configuration, char **ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(ROLE_ARGUMENT_MAX);
	struct span key = {0};
	char *result;

	while (text.n) {
		bool brace = text.p[0] == '{' || text.p[0] == '}';
		int r;

		if (!brace || (text.n > 1 && text.p[1] == text.p[0])) {
			buffer_put_u8(&b, text.p[0]);
			text = span_skip(text, brace ? 2 : 1);
			continue;
		}
		if (text.p[0] == '}')
			return error_set(err, -ERROR_MALFORMED, "'}' without '{'");
		r = take_key(&text, &key, err);
		if (r >= 0)
			r = put_value(key, configuration, &b, err);
		if (r < 0)
			return r;
	}
	if (!buffer_ok(&b))
		return error_set(err, -E2BIG, "more than %u bytes", ROLE_ARGUMENT_MAX);
	result = strdup(buffer_text(&b));
	if (!result)
		return error_oom(err);
	*ret = result;
	return 0;
}

static int add(struct string_list *list, char *text, struct error **err)
{
	if (list->n >= ROLE_ARGUMENTS_MAX) {
		free(text);
		return error_set(err, -E2BIG, "more than %u arguments", ROLE_ARGUMENTS_MAX);
	}
	return string_list_take(list, text) < 0 ? error_oom(err) : 0;
}

static int take_argument(struct expansion *x, struct span text, struct error **err)
{
	char *argument;
	int r = expand(text, x->configuration, &argument, err);

	return r < 0 ? r : add(&x->role.arguments, argument, err);
}

static int take_words(struct expansion *x, struct span text, struct error **err)
{
	_cleanup_free_ char *words = NULL;
	int r = expand(text, x->configuration, &words, err);
	struct span rest, word;

	if (r < 0)
		return r;
	rest = span_string(words);
	while (r >= 0 && (word = span_next_word(&rest)).n) {
		char *argument = span_to_string(word);

		r = argument ? add(&x->role.arguments, argument, err) : error_oom(err);
	}
	return r;
}

/* "KEY" (the value is not empty), "KEY=value" or "KEY!=value". */
static int holds(struct span condition, struct span configuration, bool *ret, struct error **err)
{
	const uint8_t *equals = memchr(condition.p, '=', condition.n);
	size_t n = equals ? (size_t)(equals - condition.p) : condition.n;
	bool negated = equals && n && condition.p[n - 1] == '!';
	struct span key = SPAN(condition.p, n - negated), value;
	int r = find_value(configuration, key, &value, err);

	if (r < 0)
		return r;
	*ret = equals ? span_equal(value, span_skip(condition, n + 1)) != negated : value.n > 0;
	return 0;
}

/* Conditions with "&" between hold together. */
static int all_hold(struct span conditions, struct span configuration, bool *ret,
		    struct error **err)
{
	bool all = true, one;

	for (bool more = true; more;) {
		const uint8_t *and = conditions.n ? memchr(conditions.p, '&', conditions.n) : NULL;
		size_t n = and? (size_t)(and-conditions.p) : conditions.n;
		int r = holds(SPAN(conditions.p, n), configuration, &one, err);

		if (r < 0)
			return r;
		all &= one;
		more = and;
		conditions = span_skip(conditions, n + more);
	}
	*ret = all;
	return 0;
}

static int take_argument_if(struct expansion *x, struct span text, struct error **err)
{
	struct span condition = span_next_word(&text);
	bool wanted = false;
	int r;

	text = span_trim(text);
	if (!text.n)
		return error_set(err, -ERROR_MALFORMED, "no argument after the condition");
	r = all_hold(condition, x->configuration, &wanted, err);
	return r < 0 || !wanted ? r : take_argument(x, text, err);
}

static int take_environment(struct expansion *x, struct span text, struct error **err)
{
	char *variable;
	int r = expand(text, x->configuration, &variable, err);

	if (r < 0)
		return r;
	if (variable[0] == '=' || !strchr(variable, '=')) {
		r = error_set(err, -ERROR_MALFORMED, "'%s' is not NAME=value", variable);
		free(variable);
		return r;
	}
	return add(&x->role.environment, variable, err);
}

/* Sets what may be given once. */
static int take_text(char **at, struct span text, struct error **err)
{
	if (*at)
		return error_set(err, -ERROR_MALFORMED, "given twice");
	*at = span_to_string(text);
	return *at ? 0 : error_oom(err);
}

static int take_program(struct expansion *x, struct span text, struct error **err)
{
	if (!text.n || text.p[0] != '/')
		return error_set(err, -ERROR_MALFORMED, "the program's path is not absolute");
	return take_text(&x->role.program, text, err);
}

static int take_name(struct expansion *x, struct span text, struct error **err)
{
	return take_text(&x->role.client, text, err);
}

static int take_ready(struct expansion *x, struct span text, struct error **err)
{
	uint64_t port;

	if (x->role.ready_port)
		return error_set(err, -ERROR_MALFORMED, "given twice");
	if (!parse_u64(text, UINT16_MAX, &port) || port == 0)
		return error_set(err, -ERROR_MALFORMED, "'%.*s' is not a port", (int)text.n,
				 (const char *)text.p);
	x->role.ready_port = (uint16_t)port;
	return 0;
}

static const struct {
	const char *key;
	int (*take)(struct expansion *x, struct span value, struct error **err);
} keys[] = {
	{"Argument", take_argument},
	{"ArgumentIf", take_argument_if},
	{"Environment", take_environment},
	{"Name", take_name},
	{"Program", take_program},
	{"Ready", take_ready},
	{"Words", take_words},
};

static int take_entry(void *context, const struct conf_entry *e, struct error **err)
{
	if (!span_equal(e->section, SPAN_LITERAL("Client")) || e->argument.n)
		return error_set(err, -ERROR_MALFORMED, "unknown section '%.*s'", (int)e->section.n,
				 (const char *)e->section.p);
	if (!e->key.n)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		int r;

		if (!span_equal(e->key, span_string(keys[i].key)))
			continue;
		r = keys[i].take(context, e->value, err);
		return r < 0 ? error_wrap(err, r, "%s", keys[i].key) : 0;
	}
	return error_set(err, -ERROR_MALFORMED, "unknown key '%.*s'", (int)e->key.n,
			 (const char *)e->key.p);
}

static int check_complete(const char *name, const struct role *role, struct error **err)
{
	const char *missing = !role->client	  ? "Name"
			      : !role->program	  ? "Program"
			      : !role->ready_port ? "Ready"
						  : NULL;

	return missing ? error_set(err, -ERROR_MALFORMED, "%s: no '%s'", name, missing) : 0;
}

int role_parse(const char *name, struct span text, struct span configuration, struct role *ret,
	       struct error **err)
{
	struct expansion x = {.configuration = configuration};
	int r = conf_parse(name, text, take_entry, &x, err);

	if (r >= 0)
		r = check_complete(name, &x.role, err);
	if (r < 0) {
		role_release(&x.role);
		return r;
	}
	*ret = x.role;
	return 0;
}
