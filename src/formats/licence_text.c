#include "formats/licence_text.h"

#include <ctype.h>
#include <errno.h>

#include "base/buffer.h"
#include "formats/licence_patterns.h"

/* A name and a version, which is a word of the text. */
#define NAME_MAX_BYTES 256
#define VERSION_MAX_BYTES 8u

struct word {
	struct span text;
	bool ends_sentence;
	bool covered; /* by a known text */
};

/* What a reference to /usr/share/common-licenses names, and with what a name begins that explains it. */
static const struct {
	const char *word, *explained_by;
} common[] = {
	{"gpl", "GPL-"},     {"lgpl", "LGPL-"}, {"gfdl", "GFDL-"}, {"apache", "Apache-"},
	{"artistic", "Art"}, {"bsd", "BSD-"},	{"mpl", "MPL-"},   {"cc0", "CC0-"},
};

/* With what the words begin that texts of licences have and others rarely do. */
static const char *const telling[] = {
	"licen", "permi",  "redistribut", "gpl",      "lgpl",	    "agpl",
	"bsd",	 "terms",  "royalt",	  "disclaim", "liab",	    "warrant",
	"grant", "freely", "copyleft",	  "copying",  "conditions", "domain",
};

struct scan {
	struct buffer text; /* lower case; words refer to it */
	struct word *words;
	size_t n, capacity;
	/* Of the pattern that was matched last. */
	size_t end;
	struct span version;
	unsigned references, all_references; /* bits: indices of common[] */
};

static void scan_release(struct scan *s)
{
	buffer_release(&s->text);
	free(s->words);
}

static bool is_word(uint8_t c)
{
	return c < 0x80 && isalnum(c);
}

/* How far the word at `at` goes: "2.1", "www.gnu.org" and "gplv3+" are one. */
static size_t word_length(struct span s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n &&
	       (is_word(s.p[at + n]) ||
		(n && s.p[at + n] == '.' && at + n + 1 < s.n && is_word(s.p[at + n + 1]))))
		n++;
	if (n && at + n < s.n && s.p[at + n] == '+')
		n++;
	return n;
}

/* "License:" alone on its line is a heading. */
static bool is_heading(struct span s, size_t at, size_t n)
{
	size_t start = at, end = at + n;

	if (end == s.n || s.p[end++] != ':')
		return false;
	while (start && (s.p[start - 1] == ' ' || s.p[start - 1] == '\t'))
		start--;
	while (end < s.n && (s.p[end] == ' ' || s.p[end] == '\t'))
		end++;
	return (start == 0 || s.p[start - 1] == '\n') && (end == s.n || s.p[end] == '\n');
}

static int split(struct span raw, struct scan *s)
{
	uint8_t *lower = buffer_extend(&s->text, raw.n);

	if (!lower)
		return -ENOMEM;
	for (size_t i = 0; i < raw.n; i++)
		lower[i] = (uint8_t)tolower(raw.p[i]);

	struct span text = buffer_span(&s->text);

	for (size_t at = 0, n; at < text.n; at += n ? n : 1) {
		n = word_length(text, at);
		if (n == 0)
			continue;
		if (array_reserve(&s->words, &s->capacity, s->n + 1, sizeof *s->words) < 0)
			return -ENOMEM;
		s->words[s->n++] = (struct word){
			.text = SPAN(text.p + at, n),
			.ends_sentence = at + n < text.n && text.p[at + n] == '.',
			.covered = is_heading(text, at, n),
		};
	}
	return 0;
}

static bool is_version(struct span *word)
{
	struct span s = *word;

	if (s.n > 1 && s.p[0] == 'v')
		s = span_skip(s, 1);
	if (s.n == 0 || s.n > VERSION_MAX_BYTES)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit(s.p[i]) && s.p[i] != '.')
			return false;
	}
	/* "2.0" is what "2" is. */
	if (s.n > 2 && memcmp(s.p + s.n - 2, ".0", 2) == 0)
		s.n -= 2;
	*word = s;
	return true;
}

/* Whether the word is one of "a|b". */
static bool is_one_of(struct span word, struct span choices)
{
	while (choices.n) {
		const uint8_t *bar = memchr(choices.p, '|', choices.n);
		size_t n = bar ? (size_t)(bar - choices.p) : choices.n;

		if (span_equal(word, SPAN(choices.p, n)))
			return true;
		choices = span_skip(choices, n + (bar != NULL));
	}
	return false;
}

static bool take_reference(struct scan *s, size_t *at)
{
	for (unsigned i = 0; *at < s->n && i < ARRAY_SIZE(common); i++) {
		if (!span_equal(s->words[*at].text, span_string(common[i].word)))
			continue;
		s->references |= 1u << i;

		bool ends = s->words[(*at)++].ends_sentence;

		if (!ends && *at < s->n) {
			struct span version = s->words[*at].text;

			*at += is_version(&version);
		}
		return true;
	}
	return false;
}

/* One word of a pattern that takes a certain number of words; false if the text is another. */
static bool take(struct scan *s, struct span token, size_t *at)
{
	struct span word = *at < s->n ? s->words[*at].text : (struct span){0};

	switch (token.p[0]) {
	case '?':
		*at += word.n && is_one_of(word, span_skip(token, 1));
		return true;
	case '!':
		return !word.n || !is_one_of(word, span_skip(token, 1));
	case '@':
		return take_reference(s, at);
	case '#':
		if (!is_version(&word))
			return false;
		s->version = word;
		break;
	default:
		if (!word.n || !is_one_of(word, token))
			return false;
	}
	++*at;
	return true;
}

/* Whether the pattern's words stand at `at`. Depth: the gaps of a pattern, three at most. */
// NOLINTNEXTLINE(misc-no-recursion)
static bool matches(struct scan *s, struct span pattern, size_t at)
{
	for (struct span token; (token = span_next_word(&pattern)).n;) {
		uint64_t gap;

		if (token.p[0] != '~' && token.p[0] != '^') {
			if (!take(s, token, &at))
				return false;
			continue;
		}
		if (!parse_u64(span_skip(token, 1), SIZE_MAX, &gap))
			return false;
		for (size_t i = 0; i <= gap && at + i <= s->n; i++) {
			if (i && token.p[0] == '^' && s->words[at + i - 1].ends_sentence)
				return false;
			if (matches(s, pattern, at + i))
				return true;
		}
		return false;
	}
	s->end = at;
	return true;
}

static int add_name(const struct scan *s, const char *name, struct string_list *names)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(NAME_MAX_BYTES);
	const char *version = strstr(name, "%v");

	if (version) {
		buffer_put(&b, SPAN(name, (size_t)(version - name)));
		buffer_put(&b, s->version);
		name = version + strlen("%v");
	}
	buffer_put_string(&b, name);
	if (!buffer_ok(&b))
		return -ENOMEM;
	return string_list_has(names, buffer_text(&b)) ? 0
						       : string_list_add(names, buffer_text(&b));
}

static int find_all(struct scan *s, struct string_list *names)
{
	int r = 0;

	for (size_t at = 0; r >= 0 && at < s->n; at++) {
		for (size_t i = 0; i < licence_patterns_n; i++) {
			const struct licence_pattern *p = &licence_patterns[i];

			s->references = 0;
			if (!matches(s, span_string(p->words), at))
				continue;
			for (size_t k = at; k < s->end; k++)
				s->words[k].covered = true;
			s->all_references |= s->references;
			if (p->name)
				r = add_name(s, p->name, names);
			at = s->end - 1;
			break;
		}
	}
	return r;
}

static bool is_telling(struct span word)
{
	for (size_t i = 0; i < ARRAY_SIZE(telling); i++) {
		size_t n = strlen(telling[i]);

		if (word.n >= n && memcmp(word.p, telling[i], n) == 0)
			return true;
	}
	return false;
}

static bool has_other_terms(const struct scan *s, const struct string_list *names)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!s->words[i].covered && is_telling(s->words[i].text))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(common); i++) {
		bool explained = !(s->all_references & 1u << i);

		for (size_t k = 0; k < names->n; k++)
			explained |= string_starts(names->items[k], common[i].explained_by);
		if (!explained)
			return true;
	}
	return false;
}

int licence_text_names(struct span text, struct string_list *ret)
{
	_cleanup_(scan_release) struct scan s = {.text = BUFFER_INIT(LICENCE_TEXT_MAX)};
	_cleanup_(string_list_release) struct string_list names = {0};
	int r;

	if (text.n == 0 || text.n > LICENCE_TEXT_MAX)
		return 0;
	r = split(text, &s);
	if (r >= 0)
		r = find_all(&s, &names);
	if (r >= 0 && names.n && has_other_terms(&s, &names))
		r = string_list_add(&names, LICENCE_OTHER_TERMS);
	string_list_sort(&names);
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		if (!string_list_has(ret, names.items[i]))
			r = string_list_add(ret, names.items[i]);
	}
	return r;
}
