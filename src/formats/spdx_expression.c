#include "formats/spdx_expression.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/buffer.h"
#include "formats/spdx_ids.h"

/* Each byte of a name can become three, and its scope stands before it each time. */
#define EXPRESSION_MAX (1u << 20)
/* Digits of a licence's version: "2.1". */
#define VERSION_MAX 8u

/* Debian's names (copyright format 1.0, 7.1.1, and habit) that are no identifiers of SPDX. */
static const struct {
	const char *name, *id;
} aliases[] = {
	{"Expat", "MIT"},
	{"Apache-2", "Apache-2.0"},
	{"Artistic", "Artistic-1.0"},
	{"Artistic-2", "Artistic-2.0"},
	{"CC0", "CC0-1.0"},
	{"BSD-2-clause-NetBSD", "BSD-2-Clause"},
	{"MPL-1", "MPL-1.0"},
	{"MPL-2", "MPL-2.0"},
	{"Python-2", "Python-2.0"},
	{"PSF-2", "PSF-2.0"},
	{"ZLIB/libpng", "Zlib"},
	{"GPL", "GPL-1.0-or-later"},
	{"LGPL", "LGPL-2.0-or-later"},
	{"GPL-any", "GPL-1.0-or-later"},
	{"BSL-1", "BSL-1.0"},
	{"OFL", "OFL-1.1"},
	{"WTFPL-2", "WTFPL"},
};

/* Families whose names have a version, perhaps "+" behind it: "GPL-2+", "LGPL-2.1", "GFDL-NIV-1.3+". */
static const struct {
	const char *prefix, *id, *middle;
} families[] = {
	{"GPL-", "GPL", ""},   {"LGPL-", "LGPL", ""},
	{"AGPL-", "AGPL", ""}, {"GFDL-NIV-", "GFDL", "-no-invariants"},
	{"GFDL-", "GFDL", ""},
};

static const struct {
	const char *name, *id;
} exceptions[] = {
	{"Bison", "Bison-exception-2.2"},
	{"Texinfo", "Texinfo-exception"},
	{"Libtool", "Libtool-exception"},
	{"Classpath", "Classpath-exception-2.0"},
	{"Linux-syscall-note", "Linux-syscall-note"},
	{"Font", "Font-exception-2.0"},
};

void spdx_refs_release(struct spdx_refs *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->items[i].id);
		free(r->items[i].name);
		free(r->items[i].scope);
	}
	free(r->items);
	*r = (struct spdx_refs){0};
}

enum joiner { NONE, AND, OR };

struct parser {
	struct span rest;
	const char *scope;
	struct spdx_refs *refs;
	bool failed; /* memory */
};

/* The text of an expression, and what binds it: an OR within an AND needs parentheses. */
struct term {
	char *text;
	enum joiner joiner;
};

static void term_release(struct term *t)
{
	free(t->text);
}

/* The text as an identifier's characters. */
static void put_id_text(struct buffer *b, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (isalnum((unsigned char)*p) || *p == '.' || *p == '-')
			buffer_put_u8(b, (uint8_t)*p);
		else if (*p == ' ')
			buffer_put_u8(b, '-');
		else if (*p == '+')
			buffer_put_string(b, "plus");
		else
			buffer_printf(b, ".%02x", (unsigned char)*p);
	}
}

/* The reference's identifier: malloc()ed, NULL without memory. */
static char *reference(struct parser *p, const char *name)
{
	_cleanup_(buffer_release) struct buffer id = BUFFER_INIT(EXPRESSION_MAX);
	struct spdx_refs *refs = p->refs;
	struct spdx_ref *added;

	buffer_put_string(&id, "LicenseRef-");
	put_id_text(&id, p->scope);
	buffer_put_u8(&id, '-');
	put_id_text(&id, name);
	if (!buffer_ok(&id))
		return NULL;
	for (size_t i = 0; i < refs->n; i++) {
		if (string_equal(refs->items[i].id, buffer_text(&id)))
			return buffer_steal_text(&id);
	}
	if (array_reserve(&refs->items, &refs->capacity, refs->n + 1, sizeof *refs->items) < 0)
		return NULL;
	added = &refs->items[refs->n++];
	*added = (struct spdx_ref){strdup(buffer_text(&id)), strdup(name), strdup(p->scope)};
	return added->id && added->name && added->scope ? buffer_steal_text(&id) : NULL;
}

/* "GPL-2+" and its like; NULL if it is none that SPDX has. */
static const char *family_id(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		size_t n = strlen(families[i].prefix);
		char text[96];
		const char *id;

		if (strncasecmp(name, families[i].prefix, n) != 0)
			continue;

		const char *version = name + n;
		size_t digits = strspn(version, "0123456789.");
		const char *rest = version + digits;

		if (digits == 0 || digits > VERSION_MAX)
			continue;

		bool later = string_equal(rest, "+") || strcasecmp(rest, "-or-later") == 0;

		if (!later && rest[0] && strcasecmp(rest, "-only") != 0)
			continue;
		snprintf(text, sizeof text, "%s-%.*s%s%s%s", families[i].id, (int)digits, version,
			 memchr(version, '.', digits) ? "" : ".0", families[i].middle,
			 later ? "-or-later" : "-only");
		id = spdx_licence_id(text);
		if (id)
			return id;
	}
	return NULL;
}

static const char *known_id(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strcasecmp(name, aliases[i].name) == 0)
			return aliases[i].id;
	}

	const char *id = spdx_licence_id(name);

	return id ? id : family_id(name);
}

/* "Bison exception", "Bison-exception-2.2". */
static const char *known_exception(const char *name)
{
	size_t n = strlen(name);
	const char *id = spdx_exception_id(name);

	if (id)
		return id;
	if (string_ends(name, " exception"))
		n -= strlen(" exception");
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++) {
		if (strlen(exceptions[i].name) == n &&
		    strncasecmp(name, exceptions[i].name, n) == 0)
			return exceptions[i].id;
	}
	return NULL;
}

/* A licence, perhaps with an exception. malloc()ed, NULL without memory. */
static char *simple(struct parser *p, const char *name)
{
	const char *with = strcasestr(name, " with ");
	const char *id = known_id(name);

	if (id)
		return strdup(id);
	if (with) {
		_cleanup_free_ char *licence = strndup(name, (size_t)(with - name));
		const char *exception = known_exception(with + strlen(" with "));

		if (!licence)
			return NULL;
		id = known_id(licence);
		if (id && exception)
			return string_printf("%s WITH %s", id, exception);
	}
	/* References of the text itself stay what they are. */
	if (string_starts(name, "LicenseRef-") &&
	    name[strspn(name,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] == 0)
		name += strlen("LicenseRef-");
	return reference(p, name);
}

/* The next word, "(", ")" or ","; empty at the end. */
static struct span next(struct parser *p)
{
	struct span word;
	size_t n = 0;

	while (p->rest.n && isspace(p->rest.p[0]))
		p->rest = span_skip(p->rest, 1);
	if (p->rest.n && memchr("(),", p->rest.p[0], 3))
		n = 1;
	while (n < p->rest.n && (n == 0 || !memchr("(),", p->rest.p[0], 3)) &&
	       !isspace(p->rest.p[n]) && !memchr("(),", p->rest.p[n], 3))
		n++;
	word = SPAN(p->rest.p, n);
	p->rest = span_skip(p->rest, n);
	return word;
}

static bool is_word(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp((const char *)s.p, word, s.n) == 0;
}

static bool ends_simple(struct span s)
{
	return s.n == 0 || is_word(s, "and") || is_word(s, "or") || is_word(s, "(") ||
	       is_word(s, ")") || is_word(s, ",");
}

static struct span peek(struct parser *p)
{
	struct parser copy = *p;

	return next(&copy);
}

/* All of these: false if the text is no expression. What they leave in *ret is the caller's in any case. */
static bool parse_list(struct parser *p, unsigned depth, struct term *ret);

static bool parse_term(struct parser *p, unsigned depth, struct term *ret)
{
	_cleanup_(buffer_release) struct buffer name = BUFFER_INIT(SPDX_LICENCE_TEXT_MAX + 1);

	if (is_word(peek(p), "(")) {
		next(p);
		return depth < SPDX_DEPTH_MAX && parse_list(p, depth + 1, ret) &&
		       is_word(next(p), ")");
	}
	while (!ends_simple(peek(p))) {
		if (name.n)
			buffer_put_u8(&name, ' ');
		buffer_put(&name, next(p));
	}
	if (name.n == 0)
		return false;
	ret->text = buffer_ok(&name) ? simple(p, buffer_text(&name)) : NULL;
	p->failed |= !ret->text;
	return ret->text;
}

static bool join(struct parser *p, const struct string_list *operands, enum joiner joiner,
		 struct term *ret)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(EXPRESSION_MAX);

	for (size_t i = 0; i < operands->n; i++)
		buffer_printf(&b, "%s%s", i ? (joiner == AND ? " AND " : " OR ") : "",
			      operands->items[i]);
	*ret = (struct term){buffer_steal_text(&b), operands->n > 1 ? joiner : NONE};
	p->failed |= !ret->text;
	return ret->text;
}

/* Once each. */
static bool add_operand(struct parser *p, struct string_list *operands, enum joiner joiner,
			struct term *t)
{
	bool wrap = t->joiner != NONE && t->joiner != joiner;
	char *text = wrap ? string_printf("(%s)", t->text) : TAKE_PTR(t->text);

	if (text && string_list_has(operands, text)) {
		free(text);
		return true;
	}
	if (text && string_list_take(operands, text) >= 0)
		return true;
	p->failed = true;
	return false;
}

/* Operands of one joiner: of OR those of AND, of AND terms. */
static bool parse_operands(struct parser *p, unsigned depth, enum joiner joiner, struct term *ret)
{
	const char *word = joiner == OR ? "or" : "and";
	_cleanup_(string_list_release) struct string_list operands = {0};

	for (bool first = true;; first = false) {
		_cleanup_(term_release) struct term t = {0};

		if (!(joiner == OR ? parse_operands(p, depth, AND, &t) : parse_term(p, depth, &t)))
			return false;
		if (first && !is_word(peek(p), word)) {
			*ret = t;
			t.text = NULL;
			return true;
		}
		if (!add_operand(p, &operands, joiner, &t))
			return false;
		if (!is_word(peek(p), word))
			return join(p, &operands, joiner, ret);
		next(p);
	}
}

/* What commas separate, perhaps with "and" behind them: all of it applies. */
static bool parse_list(struct parser *p, unsigned depth, struct term *ret)
{
	_cleanup_(string_list_release) struct string_list operands = {0};

	for (bool first = true;; first = false) {
		_cleanup_(term_release) struct term t = {0};

		if (!parse_operands(p, depth, OR, &t))
			return false;
		if (first && !is_word(peek(p), ",")) {
			*ret = t;
			t.text = NULL;
			return true;
		}
		if (!add_operand(p, &operands, AND, &t))
			return false;
		if (!is_word(peek(p), ","))
			return join(p, &operands, AND, ret);
		next(p);
		if (is_word(peek(p), "and"))
			next(p);
	}
}

/* As a reference: one line, blanks and what is no text replaced. */
static char *whole_reference(struct parser *p, struct span text)
{
	_cleanup_(buffer_release) struct buffer name = BUFFER_INIT(SPDX_LICENCE_TEXT_MAX + 1);

	for (size_t i = 0; i < text.n; i++)
		buffer_put_u8(&name, isgraph(text.p[i]) ? text.p[i] : ' ');
	return buffer_ok(&name) ? reference(p, buffer_text(&name)) : NULL;
}

int spdx_expression(struct span text, const char *scope, struct spdx_refs *refs, char **ret,
		    struct error **err)
{
	struct spdx_refs before = *refs;
	struct parser p = {.rest = text, .scope = scope, .refs = refs};
	_cleanup_(term_release) struct term t = {0};
	char *expression;

	if (text.n > SPDX_LICENCE_TEXT_MAX)
		return error_set(err, -EFBIG, "licence of '%s': %zu bytes, more than %u", scope,
				 text.n, SPDX_LICENCE_TEXT_MAX);
	if (peek(&p).n == 0 || span_equal(text, SPAN_LITERAL(SPDX_NOASSERTION))) {
		expression = strdup(SPDX_NOASSERTION);
	} else if (memchr(text.p, 0, text.n) == NULL && parse_list(&p, 0, &t) && peek(&p).n == 0) {
		expression = TAKE_PTR(t.text);
	} else {
		/* Names that it seemed to have are none. */
		while (refs->n > before.n) {
			struct spdx_ref *last = &refs->items[--refs->n];

			free(last->id);
			free(last->name);
			free(last->scope);
		}
		expression = p.failed ? NULL : whole_reference(&p, text);
	}
	if (!expression)
		return error_oom(err);
	*ret = expression;
	return 0;
}
