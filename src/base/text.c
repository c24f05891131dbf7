#include "base/text.h"

#include <errno.h>
#include <stdarg.h>

bool string_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool string_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

char *string_printf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

char *span_to_string(struct span s)
{
	if (s.n && memchr(s.p, 0, s.n))
		return NULL;

	char *copy = malloc(s.n + 1);

	if (!copy)
		return NULL;
	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = 0;
	return copy;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct span span_trim(struct span s)
{
	while (s.n && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct span span_next_word(struct span *rest)
{
	size_t n = 0;

	*rest = span_trim(*rest);
	while (n < rest->n && !is_blank(rest->p[n]))
		n++;

	struct span word = {rest->p, n};

	*rest = span_skip(*rest, n);
	return word;
}

static bool parse_base(struct span s, unsigned base, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)s.p[i] - '0';

		if (digit >= base || v > (UINT64_MAX - digit) / base)
			return false;
		v = v * base + digit;
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

bool parse_u64(struct span s, uint64_t max, uint64_t *ret)
{
	return parse_base(s, 10, max, ret);
}

bool parse_octal(struct span s, uint64_t max, uint64_t *ret)
{
	return parse_base(s, 8, max, ret);
}

bool parse_size(struct span s, uint64_t max, uint64_t *ret)
{
	static const char suffixes[] = "KMGT";
	unsigned shift = 0;
	uint64_t v;

	if (s.n) {
		const char *suffix = strchr(suffixes, s.p[s.n - 1]);

		if (suffix && *suffix) {
			shift = 10 * (unsigned)(suffix - suffixes + 1);
			s.n--;
		}
	}
	if (!parse_u64(s, UINT64_MAX >> shift, &v) || v << shift > max)
		return false;
	*ret = v << shift;
	return true;
}

void hex_encode(struct span s, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.n; i++) {
		out[2 * i] = digits[s.p[i] >> 4];
		out[2 * i + 1] = digits[s.p[i] & 15];
	}
	out[2 * s.n] = 0;
}

char *hex_string(struct span s)
{
	char *out = malloc(2 * s.n + 1);

	if (out)
		hex_encode(s, out);
	return out;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(struct span text, uint8_t *out, size_t n)
{
	if (text.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct span text, uint8_t **ret, size_t *ret_n)
{
	size_t padding = 0;

	if (text.n % 4 != 0)
		return false;
	while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=')
		padding++;

	_cleanup_free_ uint8_t *out = malloc(text.n / 4 * 3 + 1);
	size_t n = 0;
	uint32_t bits = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		bool padded = i >= text.n - padding;
		int v = padded ? 0 : base64_value(text.p[i]);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 == 3) {
			out[n++] = (uint8_t)(bits >> 16);
			out[n++] = (uint8_t)(bits >> 8);
			out[n++] = (uint8_t)bits;
		}
	}
	/* Bits after the last byte must be zero: one text for one value. */
	if ((padding == 1 && (bits & 0xff)) || (padding == 2 && (bits & 0xffff)))
		return false;
	*ret_n = n - padding;
	*ret = TAKE_PTR(out);
	return true;
}

char *base64_string(struct span s)
{
	char *out = malloc((s.n + 2) / 3 * 4 + 1);
	size_t n = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < s.n; i += 3) {
		size_t rest = s.n - i;
		uint32_t bits = (uint32_t)s.p[i] << 16 |
				(rest > 1 ? (uint32_t)s.p[i + 1] << 8 : 0) |
				(rest > 2 ? s.p[i + 2] : 0);

		out[n++] = base64_digits[bits >> 18];
		out[n++] = base64_digits[bits >> 12 & 63];
		out[n++] = rest > 1 ? base64_digits[bits >> 6 & 63] : '=';
		out[n++] = rest > 2 ? base64_digits[bits & 63] : '=';
	}
	out[n] = 0;
	return out;
}

/* The order in which a GUID's text shows its stored bytes. */
static const uint8_t guid_order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

uint32_t utf16_next(struct span *rest)
{
	uint32_t c = get_le16(rest->p);
	uint32_t low = rest->n >= 4 ? get_le16(rest->p + 2) : 0;
	bool pair = c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000;

	*rest = span_skip(*rest, pair ? 4 : 2);
	return pair ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : c;
}

size_t utf8_encode(uint32_t c, char out[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1) {
		out[0] = (char)c;
		return 1;
	}
	for (size_t i = n; i > 1; i--, c >>= 6)
		out[i - 1] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(0xf00u >> n | c);
	return n;
}

bool guid_parse(const char *text, struct guid *ret)
{
	char digits[32];
	uint8_t bytes[16];
	size_t n = 0;

	if (strlen(text) != GUID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < GUID_TEXT_SIZE - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
		} else {
			digits[n++] = text[i];
		}
	}
	if (!hex_decode(SPAN(digits, n), bytes, sizeof bytes))
		return false;
	for (size_t i = 0; i < 16; i++)
		ret->bytes[guid_order[i]] = bytes[i];
	return true;
}

void guid_format(const struct guid *g, char out[GUID_TEXT_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[n++] = '-';
		hex_encode(SPAN(&g->bytes[guid_order[i]], 1), out + n);
		n += 2;
	}
}

bool path_is_confined(const char *path)
{
	const char *p = path;

	for (const char *c = path; *c; c++) {
		if ((uint8_t)*c < 0x20 || *c == 0x7f)
			return false;
	}
	for (;;) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		if (p[n] == 0)
			return true;
		p += n + 1;
	}
}

char *path_join(const char *dir, const char *name)
{
	return string_printf("%s%s%s", dir, string_ends(dir, "/") ? "" : "/", name);
}

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void string_list_release(struct string_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i]);
	free(l->items);
	*l = (struct string_list){0};
}

int string_list_take(struct string_list *l, char *s)
{
	if (!s)
		return -ENOMEM;
	if (array_reserve(&l->items, &l->capacity, l->n + 1, sizeof *l->items) < 0) {
		free(s);
		return -ENOMEM;
	}
	l->items[l->n++] = s;
	return 0;
}

int string_list_add(struct string_list *l, const char *s)
{
	return string_list_take(l, strdup(s));
}

bool string_list_has(const struct string_list *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++) {
		if (string_equal(l->items[i], s))
			return true;
	}
	return false;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void string_list_sort(struct string_list *l)
{
	if (l->n)
		qsort(l->items, l->n, sizeof *l->items, compare_strings);
}

int array_reserve(void *array_pointer, size_t *capacity, size_t needed, size_t item_size)
{
	void *array;
	size_t wanted = *capacity ? *capacity : 8;

	if (needed <= *capacity)
		return 0;
	while (wanted < needed) {
		if (wanted > SIZE_MAX / 2)
			return -ENOMEM;
		wanted *= 2;
	}

	/* The pointer's own type is the caller's: memcpy() keeps to the aliasing rules. */
	memcpy(&array, array_pointer, sizeof array);
	array = reallocarray(array, wanted, item_size);
	if (!array)
		return -ENOMEM;
	memcpy(array_pointer, &array, sizeof array);
	*capacity = wanted;
	return 0;
}
