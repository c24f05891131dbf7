/*
 * Strings, numbers, hexadecimal, GUIDs, paths: strict conversions that refuse what they do not
 * understand in full. Functions that return char * return malloc()ed memory, or NULL when out of it.
 */
#pragma once

#include "base/span.h"

static inline bool string_equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool string_starts(const char *s, const char *prefix);
bool string_ends(const char *s, const char *suffix);

/* printf() into a new string. */
char *string_printf(const char *fmt, ...) _printf_(1, 2) _must_check_;

/* A copy of the span as a C string; NULL if it holds a NUL byte (or memory is out). */
char *span_to_string(struct span s) _must_check_;

/* The span without leading and trailing blanks (space, tab). */
struct span span_trim(struct span s);

/* Takes the next word of *rest, which ends at a blank; empty at the end. */
struct span span_next_word(struct span *rest);

/* Decimal digits only, no sign, no blanks, no overflow, at most `max`. */
_must_check_ bool parse_u64(struct span s, uint64_t max, uint64_t *ret);

/* As parse_u64() with an optional suffix K, M, G or T (powers of 1024). */
_must_check_ bool parse_size(struct span s, uint64_t max, uint64_t *ret);

/* Octal digits only. */
_must_check_ bool parse_octal(struct span s, uint64_t max, uint64_t *ret);

/* Lower-case hexadecimal of n bytes into out, which holds 2 * n + 1 characters. */
void hex_encode(struct span s, char *out);
char *hex_string(struct span s) _must_check_;

/* Decodes exactly 2 * n characters (either case) into out; false for anything else. */
_must_check_ bool hex_decode(struct span text, uint8_t *out, size_t n);

/* Standard base64 with padding, strict. *ret is malloc()ed. */
_must_check_ bool base64_decode(struct span text, uint8_t **ret, size_t *ret_n);
char *base64_string(struct span s) _must_check_;

/* Half of a pair of UTF-16 units is no character. */
static inline bool is_surrogate(uint32_t c)
{
	return c >= 0xd800 && c < 0xe000;
}

/* Takes a character of UTF-16LE text of two bytes at least; a surrogate without its partner as it is. */
uint32_t utf16_next(struct span *rest);
/* Writes the character as UTF-8; how many bytes. */
size_t utf8_encode(uint32_t c, char out[4]);

/* A GUID as stored on disk and in firmware: the first three fields little-endian. */
struct guid {
	uint8_t bytes[16];
};

#define GUID_TEXT_SIZE 37

static inline struct guid guid_at(const uint8_t p[16])
{
	struct guid g;

	memcpy(g.bytes, p, sizeof g.bytes);
	return g;
}

static inline bool guid_equal(const struct guid *a, const struct guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", either case, to the mixed-endian form. */
_must_check_ bool guid_parse(const char *text, struct guid *ret);
/* Lower-case text of the mixed-endian form. */
void guid_format(const struct guid *g, char out[GUID_TEXT_SIZE]);

/*
 * A relative path that stays inside its root: not empty, no leading "/", no empty, "." or ".."
 * component, no NUL or other control character.
 */
bool path_is_confined(const char *path);

/* dir + "/" + name, without doubling the slash. */
char *path_join(const char *dir, const char *name) _must_check_;

/* The part after the last slash. */
const char *path_basename(const char *path);

/* A growable list of owned strings. */
struct string_list {
	char **items;
	size_t n;
	size_t capacity;
};

void string_list_release(struct string_list *l);
/* Appends a copy. */
_must_check_ int string_list_add(struct string_list *l, const char *s);
/* Appends s itself, which the list then owns (also on failure: it is freed). */
_must_check_ int string_list_take(struct string_list *l, char *s);
bool string_list_has(const struct string_list *l, const char *s);
/* Sorts by byte order, as strcmp(). */
void string_list_sort(struct string_list *l);

/* realloc() of an array to hold at least `needed` items, doubling; overflow-checked. */
_must_check_ int array_reserve(void *array_pointer, size_t *capacity, size_t needed,
			       size_t item_size);
