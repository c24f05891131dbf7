#include "formats/azure_wire.h"

#include "base/text.h"

/* A document while it is read: the elements that are open, outermost first. */
struct document {
	struct span rest;
	struct span open[AZURE_GOAL_STATE_DEPTH_MAX];
	size_t depth;
	const uint8_t *content; /* of the innermost one, if nothing was opened in it */
	bool has_root;
	struct azure_goal_state *ret;
};

#define PATH_MAX_NAMES 5

/* Where the names are. */
static const char *const paths[][PATH_MAX_NAMES] = {
	{"GoalState", "Incarnation"},
	{"GoalState", "Container", "ContainerId"},
	{"GoalState", "Container", "RoleInstanceList", "RoleInstance", "InstanceId"},
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span without_blanks(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s = span_skip(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '_' || c == '-'))
			return false;
	}
	return s.n > 0 && s.n <= AZURE_NAME_MAX;
}

static bool is_at(const struct document *d, const char *const *path)
{
	size_t n = 0;

	while (n < PATH_MAX_NAMES && path[n]) {
		if (n == d->depth || !span_equal(d->open[n], span_string(path[n])))
			return false;
		n++;
	}
	return n == d->depth;
}

/* The innermost element ends: whether it is one of those that are wanted. */
static int take_value(struct document *d, struct span value, struct error **err)
{
	struct span *const values[ARRAY_SIZE(paths)] = {&d->ret->incarnation, &d->ret->container_id,
							&d->ret->instance_id};
	struct span name = d->open[d->depth - 1];

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (!is_at(d, paths[i]))
			continue;
		value = without_blanks(value);
		if (values[i]->n)
			return error_set(err, -ERROR_MALFORMED, "'%.*s' is there twice",
					 (int)name.n, (const char *)name.p);
		if (!is_name(value))
			return error_set(err, -ERROR_MALFORMED, "'%.*s' holds no name", (int)name.n,
					 (const char *)name.p);
		*values[i] = value;
	}
	return 0;
}

/* Passes over what ends with `end`. */
static int skip_past(struct document *d, struct span end, struct error **err)
{
	size_t at;

	if (!span_find(d->rest, end, &at))
		return error_set(err, -ERROR_MALFORMED, "it ends within '%.*s'",
				 (int)MIN(d->rest.n, 4), (const char *)d->rest.p);
	d->rest = span_skip(d->rest, at + end.n);
	return 0;
}

/* Takes what is within '<' and '>'; a '>' in a quoted value of an attribute is not the end. */
static int take_tag(struct document *d, struct span *ret, struct error **err)
{
	uint8_t quote = 0;

	for (size_t i = 1; i < d->rest.n; i++) {
		uint8_t c = d->rest.p[i];

		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
		} else if (!quote && c == '>') {
			*ret = SPAN(d->rest.p + 1, i - 1);
			d->rest = span_skip(d->rest, i + 1);
			return 0;
		} else if (!quote && c == '<') {
			break;
		}
	}
	return error_set(err, -ERROR_MALFORMED, "a tag without its end");
}

/* The name at the start of a tag. */
static struct span tag_name(struct span tag)
{
	size_t n = 0;

	while (n < tag.n && !is_blank(tag.p[n]) && tag.p[n] != '/')
		n++;
	return SPAN(tag.p, n);
}

static int open_element(struct document *d, struct span name, struct error **err)
{
	if (!is_name(name))
		return error_set(err, -ERROR_MALFORMED, "a tag without a name");
	if (d->depth == 0 && d->has_root)
		return error_set(err, -ERROR_MALFORMED, "more than one document");
	if (d->depth == ARRAY_SIZE(d->open))
		return error_set(err, -ERROR_MALFORMED, "more than %zu elements in one another",
				 ARRAY_SIZE(d->open));
	d->has_root = true;
	d->open[d->depth++] = name;
	d->content = d->rest.p;
	return 0;
}

/* `end` is where its content ends. */
static int close_element(struct document *d, struct span name, const uint8_t *end,
			 struct error **err)
{
	int r = 0;

	if (d->depth == 0 || !span_equal(d->open[d->depth - 1], name))
		return error_set(err, -ERROR_MALFORMED, "an end without its beginning");
	if (d->content)
		r = take_value(d, SPAN(d->content, (size_t)(end - d->content)), err);
	d->content = NULL;
	d->depth--;
	return r;
}

static int take_element(struct document *d, struct error **err)
{
	const uint8_t *start = d->rest.p;
	struct span tag, name;
	int r = take_tag(d, &tag, err);

	if (r < 0)
		return r;
	if (tag.n && tag.p[0] == '/')
		return close_element(d, without_blanks(span_skip(tag, 1)), start, err);
	name = tag_name(tag);
	r = open_element(d, name, err);
	if (r >= 0 && tag.p[tag.n - 1] == '/')
		r = close_element(d, name, d->content, err);
	return r;
}

static bool starts(struct span s, struct span with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

static int take_markup(struct document *d, struct error **err)
{
	if (starts(d->rest, SPAN_LITERAL("<!--")))
		return skip_past(d, SPAN_LITERAL("-->"), err);
	if (starts(d->rest, SPAN_LITERAL("<?")))
		return skip_past(d, SPAN_LITERAL("?>"), err);
	if (starts(d->rest, SPAN_LITERAL("<!")))
		return error_set(err, -ERROR_MALFORMED, "a declaration");
	return take_element(d, err);
}

/* Text counts only as the content of an element. */
static int take_text(struct document *d, struct error **err)
{
	size_t n = 0;

	while (n < d->rest.n && d->rest.p[n] != '<')
		n++;
	if (d->depth == 0 && without_blanks(SPAN(d->rest.p, n)).n)
		return error_set(err, -ERROR_MALFORMED, "text outside of its elements");
	d->rest = span_skip(d->rest, n);
	return 0;
}

int azure_goal_state_parse(struct span xml, struct azure_goal_state *ret, struct error **err)
{
	struct document d = {.rest = xml, .ret = ret};
	int r = 0;

	*ret = (struct azure_goal_state){0};
	/* The mark that Windows puts before UTF-8. */
	if (starts(d.rest, SPAN_LITERAL("\xef\xbb\xbf")))
		d.rest = span_skip(d.rest, 3);
	if (xml.n > AZURE_GOAL_STATE_MAX)
		r = error_set(err, -ERROR_MALFORMED, "more than %u bytes", AZURE_GOAL_STATE_MAX);
	while (r >= 0 && d.rest.n)
		r = d.rest.p[0] == '<' ? take_markup(&d, err) : take_text(&d, err);
	if (r >= 0 && d.depth)
		r = error_set(err, -ERROR_MALFORMED, "it ends within an element");
	if (r >= 0 && !(ret->incarnation.n && ret->container_id.n && ret->instance_id.n))
		r = error_set(err, -ERROR_MALFORMED, "it does not name the machine");
	return r < 0 ? error_wrap(err, r, "goal state") : 0;
}

static void put_text(struct buffer *b, const char *text)
{
	for (size_t i = 0; text[i] && i < AZURE_DESCRIPTION_MAX; i++) {
		if (text[i] == '&')
			buffer_put_string(b, "&amp;");
		else if (text[i] == '<')
			buffer_put_string(b, "&lt;");
		else if (text[i] == '>')
			buffer_put_string(b, "&gt;");
		else
			buffer_put_u8(b, text[i] >= ' ' && text[i] <= '~' ? (uint8_t)text[i] : '?');
	}
}

static void put_element(struct buffer *b, const char *name, struct span value)
{
	buffer_printf(b, "<%s>", name);
	buffer_put(b, value);
	buffer_printf(b, "</%s>", name);
}

void azure_health_write(const struct azure_goal_state *g, const char *not_ready, struct buffer *ret)
{
	buffer_put_string(ret, "<?xml version=\"1.0\" encoding=\"utf-8\"?><Health>");
	put_element(ret, "GoalStateIncarnation", g->incarnation);
	buffer_put_string(ret, "<Container>");
	put_element(ret, "ContainerId", g->container_id);
	buffer_put_string(ret, "<RoleInstanceList><Role>");
	put_element(ret, "InstanceId", g->instance_id);
	buffer_printf(ret, "<Health><State>%s</State>", not_ready ? "NotReady" : "Ready");
	if (not_ready) {
		buffer_put_string(
			ret, "<Details><SubStatus>ProvisioningFailed</SubStatus><Description>");
		put_text(ret, not_ready);
		buffer_put_string(ret, "</Description></Details>");
	}
	buffer_put_string(ret, "</Health></Role></RoleInstanceList></Container></Health>");
}
