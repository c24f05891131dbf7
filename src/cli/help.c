#include "cli/help.h"

#define COLUMNS 80u
/* Options that are longer have their help below them. */
#define LABEL_MAX 24u

static bool applies(const struct option_spec *s, const char *verb)
{
	return !s->verb || (verb && string_equal(s->verb, verb));
}

/* Options that are needed, then "[options]", or the only one there is. */
static void put_usage_options(const struct option_list *l, const struct command_form *f,
			      struct buffer *b)
{
	const struct option_spec *other = NULL;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct option_spec *s = l->items[i].spec;

		if (!applies(s, f->verb))
			continue;
		if (s->required) {
			buffer_put_string(b, " ");
			option_label(s, b);
		} else {
			other = s;
			n++;
		}
	}
	if (n == 1) {
		buffer_put_string(b, " [");
		option_label(other, b);
		buffer_put_string(b, "]");
	} else if (n > 1) {
		buffer_put_string(b, " [options]");
	}
}

int help_usage(const struct command *c, const char *between, struct buffer *b, struct error **err)
{
	_cleanup_(option_list_release) struct option_list l = {0};
	int r = option_list_make(c->options, &l, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < command_forms(c); i++) {
		const struct command_form *f = &c->forms[i];

		buffer_printf(b, "%stdnode %s", i ? between : "", c->name);
		if (f->verb)
			buffer_printf(b, " %s", f->verb);
		if (f->instead)
			buffer_printf(b, " %s", f->instead);
		for (size_t k = 0; k < COMMAND_OPERANDS && f->operands[k].name; k++)
			buffer_printf(b, f->operands[k].optional ? " [%s]" : " %s",
				      f->operands[k].name);
		put_usage_options(&l, f, b);
	}
	return buffer_ok(b) ? 0 : error_oom(err);
}

/* Appends words of the text, whose first line begins at `column`; later ones are indented to `indent`. */
static void put_wrapped(struct span text, size_t column, size_t indent, struct buffer *b)
{
	bool first = true;

	for (struct span word = span_next_word(&text); word.n; word = span_next_word(&text)) {
		if (!first && column + 1 + word.n > COLUMNS) {
			buffer_printf(b, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			buffer_put_string(b, " ");
			column++;
		}
		buffer_put(b, word);
		column += word.n;
		first = false;
	}
	buffer_put_string(b, "\n");
}

static void put_paragraphs(const char *text, struct buffer *b)
{
	struct reader reader = reader_init(span_string(text));
	struct span line;

	while (reader_line(&reader, &line)) {
		if (line.n && line.p[0] == ' ') {
			buffer_put(b, line);
			buffer_put_string(b, "\n");
		} else {
			put_wrapped(line, 0, 0, b);
		}
	}
}

/* The column of the help: after the longest option that is not too long. */
static size_t help_column(const struct option_list *l)
{
	size_t longest = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct option_spec *s = l->items[i].spec;
		size_t n = (s->letter ? strlen("-x, ") : 0) + strlen("--") + strlen(s->name) +
			   (s->argument ? 1 + strlen(s->argument) : 0);

		if (n > longest && n <= LABEL_MAX)
			longest = n;
	}
	return strlen("  ") + longest + strlen("  ");
}

static void put_option(const struct option_spec *s, size_t column, struct buffer *b)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(HELP_MAX);
	size_t start = b->n;

	buffer_put_string(b, "  ");
	if (s->letter)
		buffer_printf(b, "-%c, ", s->letter);
	option_label(s, b);
	if (b->n - start + strlen("  ") > column) {
		buffer_put_string(b, "\n");
		start = b->n;
	}
	buffer_printf(b, "%*s", (int)(column - (b->n - start)), "");
	if (s->verb)
		buffer_printf(&text, "%s: ", s->verb);
	buffer_put_string(&text, s->help);
	if (s->kind == OPTION_KIND_LIST)
		buffer_put_string(&text, "; may be given several times");
	if (s->preset)
		buffer_printf(&text, " (%s)", s->preset);
	put_wrapped(buffer_span(&text), column, column, b);
}

static void put_options(const struct option_list *l, struct buffer *b)
{
	size_t column = help_column(l);

	if (l->n)
		buffer_put_string(b, "\n");
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].heading)
			buffer_printf(b, "\n%s:\n", l->items[i].heading);
		put_option(l->items[i].spec, column, b);
	}
}

static void put_example(const char *example, struct buffer *b)
{
	struct reader reader = reader_init(span_string(example));
	struct span line;

	for (const char *before = "\nexample: "; reader_line(&reader, &line);
	     before = "         ") {
		buffer_put_string(b, before);
		buffer_put(b, line);
		buffer_put_string(b, "\n");
	}
}

int help_text(const struct command *c, struct buffer *b, struct error **err)
{
	_cleanup_(option_list_release) struct option_list l = {0};
	int r = option_list_make(c->options, &l, err);

	if (r < 0)
		return r;
	buffer_put_string(b, "usage: ");
	r = help_usage(c, "\n       ", b, err);
	if (r < 0)
		return r;
	buffer_put_string(b, "\n\n");
	put_paragraphs(c->about, b);
	put_options(&l, b);
	if (c->notes) {
		buffer_put_string(b, "\n");
		put_paragraphs(c->notes, b);
	}
	put_example(c->example, b);
	return buffer_ok(b) ? 0 : error_oom(err);
}
