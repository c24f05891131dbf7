#include "formats/checksum_list.h"

#include <errno.h>

#include "formats/conf.h"

void checksum_list_release(struct checksum_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].name);
	free(l->items);
	*l = (struct checksum_list){0};
}

const struct digest *checksum_list_find(const struct checksum_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		if (string_equal(l->items[i].name, name))
			return &l->items[i].sha256;
	}
	return NULL;
}

static int parse_line(struct span line, struct checksum_list *l, struct error **err)
{
	const size_t digits = 2 * digest_size(DIGEST_SHA256);
	struct checksum c = {.sha256 = {.algorithm = DIGEST_SHA256}};
	struct span name;

	if (line.n <= digits + 2 || memcmp(line.p + digits, "  ", 2) != 0 ||
	    !hex_decode(SPAN(line.p, digits), c.sha256.bytes, digits / 2))
		return error_set(err, -ERROR_MALFORMED, "not a SHA-256, two blanks and a name");
	name = span_skip(line, digits + 2);
	if (!conf_text_is_clean(name) || memchr(name.p, '/', name.n) || name.p[0] == '.')
		return error_set(err, -ERROR_MALFORMED, "not the name of a file");
	c.name = span_to_string(name);
	if (!c.name)
		return error_oom(err);
	if (checksum_list_find(l, c.name)) {
		int r = error_set(err, -ERROR_MALFORMED, "'%s' is there twice", c.name);

		free(c.name);
		return r;
	}
	l->items[l->n++] = c;
	return 0;
}

int checksum_list_parse(struct span text, struct checksum_list *ret, struct error **err)
{
	_cleanup_(checksum_list_release) struct checksum_list l = {
		.items = calloc(CHECKSUMS_MAX, sizeof *l.items),
	};
	struct reader reader = reader_init(text);
	struct span line;

	if (!l.items)
		return error_oom(err);
	for (unsigned number = 1; reader_line(&reader, &line); number++) {
		int r = l.n < CHECKSUMS_MAX
				? parse_line(line, &l, err)
				: error_set(err, -EFBIG, "more than %u files", CHECKSUMS_MAX);

		if (r < 0)
			return error_wrap(err, r, "line %u", number);
	}
	*ret = l;
	l = (struct checksum_list){0};
	return 0;
}

void checksum_put(struct buffer *b, const char *name, const struct digest *sha256)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(sha256, hex);
	buffer_printf(b, "%s  %s\n", hex, name);
}
