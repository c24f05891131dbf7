/* Texts and lists of packages: what only one side has. */
#include "diff/diff_parts.h"

#define WORDS_MAX 4096u

struct words {
	struct span items[WORDS_MAX];
	bool taken[WORDS_MAX];
	size_t n;
};

/* Splits at line ends, or at blanks; ends at a NUL. */
static void split(struct span text, bool words, struct words *ret)
{
	size_t start = 0;

	for (size_t i = 0; i <= text.n; i++) {
		bool end = i == text.n || text.p[i] == '\0';

		if (!end && text.p[i] != '\n' && !(words && text.p[i] == ' '))
			continue;
		if (i > start && ret->n < WORDS_MAX)
			ret->items[ret->n++] = SPAN(text.p + start, i - start);
		start = i + 1;
		if (end)
			return;
	}
}

/* Marks what both have, as often as both have it. */
static void pair_up(struct words *a, struct words *b)
{
	for (size_t i = 0; i < a->n; i++) {
		for (size_t k = 0; k < b->n && !a->taken[i]; k++) {
			if (!b->taken[k] && span_equal(a->items[i], b->items[k]))
				a->taken[i] = b->taken[k] = true;
		}
	}
}

/* Words of the same key are the same thing with another value. */
static bool same_key(struct span a, struct span b)
{
	const uint8_t *x = memchr(a.p, '=', a.n), *y = memchr(b.p, '=', b.n);

	return x && y && x - a.p == y - b.p && memcmp(a.p, b.p, (size_t)(x - a.p)) == 0;
}

/* The word of w that has no partner yet and the key of `word`; taken from then on. */
static const struct span *take_same_key(struct words *w, const struct span *word)
{
	for (size_t i = 0; i < w->n; i++) {
		if (!w->taken[i] && same_key(w->items[i], *word)) {
			w->taken[i] = true;
			return &w->items[i];
		}
	}
	return NULL;
}

static const struct span *next_single(const struct words *w, size_t *at)
{
	while (*at < w->n && w->taken[*at])
		++*at;
	return *at < w->n ? &w->items[(*at)++] : NULL;
}

static char *word_text(const struct span *s)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(INSPECT_TEXT_MAX);

	if (!s)
		return NULL;
	for (size_t i = 0; i < MIN(s->n, (size_t)INSPECT_TEXT_MAX); i++)
		buffer_put_u8(&b, s->p[i] >= ' ' && s->p[i] < 0x7f ? s->p[i] : '?');
	return strdup(buffer_text(&b));
}

static bool is_root_hash(const char *word)
{
	return word && (string_starts(word, "roothash=") || string_starts(word, "usrhash="));
}

static void add_word(struct diff *d, const struct span *a, const struct span *b, bool words,
		     bool root_hash_follows)
{
	_cleanup_free_ char *text_a = word_text(a), *text_b = word_text(b);
	bool follows = root_hash_follows && is_root_hash(text_a) && is_root_hash(text_b);

	diff_add(d, words ? "word" : "line", text_a, text_b,
		 follows ? "the root file system" : NULL);
}

void diff_words(struct diff *d, struct span a, struct span b, bool words, bool root_hash_follows)
{
	_cleanup_free_ struct words *left = calloc(1, sizeof(*left));
	_cleanup_free_ struct words *right = calloc(1, sizeof(*right));
	const struct span *word;
	size_t i = 0;

	if (!left || !right) {
		d->failed = true;
		return;
	}
	split(a, words, left);
	split(b, words, right);
	pair_up(left, right);
	while ((word = next_single(left, &i)))
		add_word(d, word, take_same_key(right, word), words, root_hash_follows);
	i = 0;
	while ((word = next_single(right, &i)))
		add_word(d, NULL, word, words, root_hash_follows);
}

static const struct package_list_item *find_package(const struct package_list *l,
						    const struct package_list_item *p)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct package_list_item *o = &l->items[i];

		if (string_equal(o->name, p->name) && !o->architecture == !p->architecture &&
		    (!p->architecture || string_equal(o->architecture, p->architecture)))
			return o;
	}
	return NULL;
}

void diff_packages(struct diff *d, const struct package_list *a, const struct package_list *b)
{
	diff_enter(d, "packages");
	for (size_t i = 0; i < a->n; i++) {
		const struct package_list_item *p = &a->items[i], *o = find_package(b, p);

		if (!o || !string_equal(o->version, p->version))
			diff_add(d, p->name, p->version, o ? o->version : NULL, NULL);
	}
	for (size_t i = 0; i < b->n; i++) {
		if (!find_package(a, &b->items[i]))
			diff_add(d, b->items[i].name, NULL, b->items[i].version, NULL);
	}
	diff_leave(d);
}
