#include "formats/bootspec.h"

#include <limits.h>
#include <strings.h>

#include "base/text.h"

static bool is_one_of(uint8_t c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

struct reader bootspec_reader(struct span text)
{
	const uint8_t *nul = text.n ? memchr(text.p, '\0', text.n) : NULL;

	return reader_init(nul ? SPAN(text.p, (size_t)(nul - text.p)) : text);
}

/* Lines end with "\n" or "\r" here. */
static bool next_line(struct reader *r, struct span *ret)
{
	size_t n = 0;

	if (r->rest.n == 0)
		return false;
	while (n < r->rest.n && !is_one_of(r->rest.p[n], "\n\r"))
		n++;
	*ret = span_trim(reader_bytes(r, n));
	if (r->rest.n > 0)
		reader_u8(r);
	return true;
}

static bool is_quoted(struct span line, struct span value, uint8_t quote)
{
	return value.n > 0 && value.p[0] == quote && line.p[line.n - 1] == quote;
}

bool bootspec_next(struct reader *r, const char *separators, bool single_quotes,
		   struct span *ret_key, struct span *ret_value)
{
	struct span line;

	while (next_line(r, &line)) {
		size_t key = 0, value;

		while (key < line.n && !is_one_of(line.p[key], separators))
			key++;
		if (key == line.n || line.p[0] == '#')
			continue;
		value = key;
		while (value < line.n && is_one_of(line.p[value], separators))
			value++;
		*ret_key = SPAN(line.p, key);
		*ret_value = span_skip(line, value);
		if (is_quoted(line, *ret_value, '"') ||
		    (single_quotes && is_quoted(line, *ret_value, '\''))) {
			*ret_value = span_skip(*ret_value, 1);
			/* A lone quote is both the first and the last character. */
			ret_value->n -= ret_value->n > 0;
		}
		return true;
	}
	return false;
}

/*
 * Matches one character against the set that begins after *pattern's "["; *pattern is left at its
 * "]". A set without an end matches nothing.
 */
static bool match_set(const char **pattern, char c)
{
	const char *p = *pattern;
	bool can_range = true, match = false;

	for (bool first = true;; first = false) {
		p++;
		if (*p == ']' && !first)
			break;
		if (*p == '-' && can_range && !first && p[1] != ']') {
			char low = p[-1];

			p += p[1] == '\\' ? 2 : 1;
			if (*p == '\0')
				return false;
			match |= low <= c && c <= *p;
			/* Ranges do not chain. */
			can_range = false;
			continue;
		}
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return false;
		match |= *p == c;
		can_range = true;
	}
	*pattern = p;
	return match;
}

/* Matches up to the pattern's end, or to its next "*": then the rest of both follows that. */
static bool match_part(const char **pattern, const char **name, bool *ret_more)
{
	const char *p = *pattern, *n = *name;

	*ret_more = false;
	for (;; p++, n++) {
		if (*p == '*') {
			while (*p == '*')
				p++;
			*pattern = p;
			*name = n;
			*ret_more = true;
			return true;
		}
		if (*p == '\0')
			return *n == '\0';
		if (*n == '\0')
			return false;
		if (*p == '[') {
			if (!match_set(&p, *n))
				return false;
		} else if (*p != '?') {
			if (*p == '\\')
				p++;
			if (*p == '\0' || *p != *n)
				return false;
		}
	}
}

bool bootspec_match(const char *pattern, const char *name)
{
	bool more;

	if (!match_part(&pattern, &name, &more))
		return false;
	/* What follows a "*" matches at the first place where it can: no backtracking is needed. */
	while (more) {
		if (match_part(&pattern, &name, &more))
			continue;
		if (*name == '\0')
			return false;
		name++;
		more = true;
	}
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *skip_others(const char *s)
{
	while (*s && !is_digit(*s) && !is_letter(*s) && !is_one_of((uint8_t)*s, "~-^."))
		s++;
	return s;
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* The one that has the prefix `c` is older; both lose it. */
static int compare_prefix(const char **a, const char **b, char c)
{
	int r = compare(**a != c, **b != c);

	if (r == 0 && **a == c) {
		(*a)++;
		(*b)++;
	}
	return r;
}

/* A run of digits, or else of letters; *a and *b are left after it. */
static int compare_segment(const char **a, const char **b)
{
	bool (*is_part)(char) = is_digit(**a) || is_digit(**b) ? is_digit : is_letter;
	const char *a_end = *a, *b_end = *b;
	int r;

	while (is_part(*a_end))
		a_end++;
	while (is_part(*b_end))
		b_end++;
	if (is_part == is_digit) {
		/* Digits are newer than none; the longer number is the larger one. */
		r = compare(*a != a_end, *b != b_end);
		if (r != 0)
			return r;
		while (**a == '0')
			(*a)++;
		while (**b == '0')
			(*b)++;
		r = compare(a_end - *a, b_end - *b);
		if (r == 0)
			r = strncmp(*a, *b, (size_t)(a_end - *a));
	} else {
		r = strncmp(*a, *b, (size_t)MIN(a_end - *a, b_end - *b));
		if (r == 0)
			r = compare(a_end - *a, b_end - *b);
	}
	*a = a_end;
	*b = b_end;
	return r;
}

int bootspec_compare_versions(const char *a, const char *b)
{
	static const char after_end[] = "-^.";

	a = a ? a : "";
	b = b ? b : "";
	for (;;) {
		a = skip_others(a);
		b = skip_others(b);

		int r = compare_prefix(&a, &b, '~');

		if (r == 0 && (*a == '\0' || *b == '\0'))
			return compare(*a, *b);
		for (size_t i = 0; r == 0 && i < sizeof(after_end) - 1; i++)
			r = compare_prefix(&a, &b, after_end[i]);
		if (r == 0)
			r = compare_segment(&a, &b);
		if (r != 0)
			return r;
	}
}

/* Takes a number off the front of *text. */
static bool take_number(const char **text, uint64_t max, uint64_t *ret)
{
	size_t digits = 0;

	while (is_digit((*text)[digits]))
		digits++;
	if (!parse_u64(SPAN(*text, digits), max, ret))
		return false;
	*text += digits;
	return true;
}

/* Takes "3" or "3-1". */
static bool take_counters(const char **text, uint64_t max, struct bootspec_count *ret)
{
	ret->done = 0;
	if (!take_number(text, max, &ret->left))
		return false;
	if (**text != '-')
		return true;
	(*text)++;
	return take_number(text, max, &ret->done);
}

bool bootspec_count_parse(const char *name, const char *suffix, struct bootspec_count *ret)
{
	const char *plus = strrchr(name, '+');
	const char *rest = plus ? plus + 1 : name;
	struct bootspec_count count;

	if (!plus || !take_counters(&rest, INT_MAX, &count) || strcasecmp(rest, suffix) != 0)
		return false;
	count.name_length = (size_t)(plus - name);
	*ret = count;
	return true;
}

size_t bootspec_count_in_path(const char *path, size_t *ret_offset)
{
	const char *plus = strchr(path, '+');
	const char *rest = plus ? plus + 1 : path;
	struct bootspec_count ignored;

	if (!plus || !take_counters(&rest, UINT64_MAX, &ignored) || (*rest != '\0' && *rest != '.'))
		return 0;
	*ret_offset = (size_t)(plus - path);
	return (size_t)(rest - plus);
}
