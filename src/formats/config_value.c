/*
 * What a value of each type may be, and its one form.
 */
#include <errno.h>
#include <inttypes.h>

#include "formats/config_keys.h"

#define SCHEME "https://"
/* RFC 1035, 2.3.4. */
#define HOST_MAX 253u
#define LABEL_MAX 63u
/* Of a value that a message quotes. */
#define SHOWN_MAX 64u

#define ADDRESS_SIZE 20u

static bool is_between(uint8_t c, char first, char last)
{
	return c >= (uint8_t)first && c <= (uint8_t)last;
}

static bool is_letter_or_digit(uint8_t c)
{
	return is_between(c, 'a', 'z') || is_between(c, 'A', 'Z') || is_between(c, '0', '9');
}

/* RFC 1123, 2.1. */
static bool is_label(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_letter_or_digit(s.p[i]) && (s.p[i] != '-' || i == 0 || i + 1 == s.n))
			return false;
	}
	return s.n > 0 && s.n <= LABEL_MAX;
}

static bool is_host(struct span s)
{
	if (s.n > HOST_MAX)
		return false;
	for (;;) {
		const uint8_t *dot = s.n ? memchr(s.p, '.', s.n) : NULL;
		size_t n = dot ? (size_t)(dot - s.p) : s.n;

		if (!is_label(SPAN(s.p, n)))
			return false;
		if (!dot)
			return true;
		s = span_skip(s, n + 1);
	}
}

/* No quote and nothing else that shells, systemd or a launcher would not take as it is. */
static bool is_word(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_between(s.p[i], '!', '~') || strchr("\"'\\`$", s.p[i]))
			return false;
	}
	return s.n > 0;
}

static bool is_port(struct span s)
{
	uint64_t port;

	return s.n <= 5 && parse_u64(s, UINT16_MAX, &port) && port > 0;
}

/* https://HOST[:PORT][/PATH]: no user, no fragment. *ret_host is how much of it is scheme and host. */
static bool is_url(struct span s, size_t *ret_host)
{
	struct span start, rest;
	size_t host = 0, end;

	if (!span_slice(s, 0, strlen(SCHEME), &start) || !span_equal(start, SPAN_LITERAL(SCHEME)) ||
	    !is_word(s) || memchr(s.p, '@', s.n) || memchr(s.p, '#', s.n))
		return false;
	rest = span_skip(s, start.n);
	while (host < rest.n && !strchr(":/?", rest.p[host]))
		host++;
	end = host;
	if (end < rest.n && rest.p[end] == ':') {
		while (end < rest.n && rest.p[end] != '/')
			end++;
		if (!is_port(SPAN(rest.p + host + 1, end - host - 1)))
			return false;
	}
	*ret_host = start.n + host;
	return is_host(SPAN(rest.p, host)) && (end == rest.n || rest.p[end] == '/');
}

static bool is_choice(const struct config_key *key, struct span s)
{
	for (size_t i = 0; i < key->choices.n; i++) {
		if (span_equal(span_string(key->choices.items[i]), s))
			return true;
	}
	return false;
}

/* Whether one item of the value may be; the first *ret_lower characters of it become lower case. */
static bool is_item(const struct config_key *key, struct span s, size_t *ret_lower)
{
	uint8_t address[ADDRESS_SIZE];

	*ret_lower = 0;
	switch (key->type) {
	case CONFIG_CHOICE:
	case CONFIG_CHOICES:
		return is_choice(key, s);
	case CONFIG_ADDRESS:
		*ret_lower = s.n;
		return s.n > 2 && s.p[0] == '0' && s.p[1] == 'x' &&
		       hex_decode(span_skip(s, 2), address, sizeof address);
	case CONFIG_URLS:
		return is_url(s, ret_lower);
	case CONFIG_HOSTS:
		*ret_lower = s.n;
		return is_host(s);
	case CONFIG_LABEL:
		*ret_lower = s.n;
		return is_label(s);
	case CONFIG_WORDS:
		return is_word(s);
	case CONFIG_NUMBER:
	case CONFIG_TYPES_:
		break;
	}
	return false;
}

static void put_lower(struct buffer *b, struct span s, size_t n)
{
	for (size_t i = 0; i < s.n; i++)
		buffer_put_u8(b, i < n && is_between(s.p[i], 'A', 'Z') ? s.p[i] | 0x20 : s.p[i]);
}

/* Whether `text`, items with a space between them, has `item` already. */
static bool has_item(struct span text, struct span item)
{
	struct span word;

	while ((word = span_next_word(&text)).n) {
		if (span_equal(word, item))
			return true;
	}
	return false;
}

static int refuse(const struct config_key *key, struct span value, struct error **err)
{
	_cleanup_(buffer_release) struct buffer range = BUFFER_INIT(CONFIG_KEYS_FILE_MAX);

	config_key_range(key, &range);
	return error_set(err, -ERROR_MALFORMED, "'%.*s' is not %s",
			 (int)MIN(value.n, (size_t)SHOWN_MAX), (const char *)value.p,
			 buffer_text(&range));
}

static int put_items(const struct config_key *key, struct span value, struct buffer *b,
		     struct error **err)
{
	struct span rest = value, word;
	uint64_t n = 0;

	while ((word = span_next_word(&rest)).n) {
		_cleanup_(buffer_release) struct buffer item = BUFFER_INIT(CONFIG_VALUE_MAX);
		size_t lower;

		if (!is_item(key, word, &lower) || n == key->max)
			return refuse(key, value, err);
		put_lower(&item, word, lower);
		if (!buffer_ok(&item))
			return error_oom(err);
		if (key->type != CONFIG_WORDS && has_item(buffer_span(b), buffer_span(&item)))
			return error_set(err, -ERROR_MALFORMED, "'%.*s' is there twice",
					 (int)MIN(word.n, (size_t)SHOWN_MAX), (const char *)word.p);
		if (n++ > 0)
			buffer_put_u8(b, ' ');
		buffer_put(b, buffer_span(&item));
	}
	return n < key->min ? refuse(key, value, err) : 0;
}

int config_value(const struct config_key *key, struct span value, char **ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(CONFIG_VALUE_MAX);
	uint64_t number;
	int r = 0;

	if (value.n > CONFIG_VALUE_MAX)
		return error_set(err, -EFBIG, "a value of %zu bytes, more than the %u allowed",
				 value.n, CONFIG_VALUE_MAX);
	if (key->type != CONFIG_NUMBER)
		r = put_items(key, value, &b, err);
	else if (parse_u64(value, key->max, &number) && number >= key->min)
		buffer_printf(&b, "%" PRIu64, number);
	else
		r = refuse(key, value, err);
	if (r < 0)
		return r;
	*ret = buffer_ok(&b) ? strdup(buffer_text(&b)) : NULL;
	return *ret ? 0 : error_oom(err);
}

static void put_choices(const struct config_key *key, struct buffer *b)
{
	for (size_t i = 0; i < key->choices.n; i++)
		buffer_printf(b, "%s%s",
			      i == 0		       ? ""
			      : i + 1 < key->choices.n ? ", "
						       : " or ",
			      key->choices.items[i]);
}

void config_key_range(const struct config_key *key, struct buffer *b)
{
	static const char *const items[CONFIG_TYPES_] = {
		[CONFIG_CHOICES] = "of ",
		[CONFIG_ADDRESS] = "an address: 0x and 40 hexadecimal digits",
		[CONFIG_URLS] = "https addresses",
		[CONFIG_HOSTS] = "names of hosts",
		[CONFIG_LABEL] = "a name of letters, digits and '-'",
		[CONFIG_WORDS] = "words without quotes, '$' and '\\'",
	};

	if (key->type == CONFIG_NUMBER) {
		buffer_printf(b, "a number from %" PRIu64 " to %" PRIu64, key->min, key->max);
		return;
	}
	if (key->type == CONFIG_CHOICE) {
		put_choices(key, b);
		return;
	}
	if (key->type != CONFIG_ADDRESS && key->type != CONFIG_LABEL)
		buffer_printf(b, "%" PRIu64 " to %" PRIu64 " ", key->min, key->max);
	buffer_put_string(b, items[key->type]);
	if (key->type == CONFIG_CHOICES)
		put_choices(key, b);
	if (key->type == CONFIG_ADDRESS && key->min == 0)
		buffer_put_string(b, ", or empty");
}
