#include "guest/init/init.h"

/* Sixteen bytes in the order of the GUID's text. */
static void format_text_order(const uint8_t *bytes, char out[GUID_TEXT_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[n++] = '-';
		hex_encode(SPAN(bytes + i, 1), out + n);
		n += 2;
	}
}

void partition_guids(const struct root_hash *hash, char root[GUID_TEXT_SIZE],
		     char verity[GUID_TEXT_SIZE])
{
	format_text_order(hash->bytes, root);
	format_text_order(hash->bytes + ROOT_HASH_SIZE - 16, verity);
}

bool uevent_value(struct span uevent, const char *key, struct span *ret)
{
	struct reader reader = reader_init(uevent);
	struct span line;
	size_t n = strlen(key);

	while (reader_line(&reader, &line)) {
		if (line.n > n && memcmp(line.p, key, n) == 0 && line.p[n] == '=') {
			*ret = (struct span){line.p + n + 1, line.n - n - 1};
			return true;
		}
	}
	return false;
}

bool modules_next(struct reader *list, struct span *ret, bool *ret_ok)
{
	if (!reader_line(list, ret))
		return false;
	*ret_ok = ret->n > 0 && ret->p[0] != '.' && !memchr(ret->p, '/', ret->n) &&
		  !memchr(ret->p, 0, ret->n);
	return true;
}
