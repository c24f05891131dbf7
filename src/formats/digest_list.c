#include "formats/digest_list.h"

int digest_list_parse(struct span text, enum digest_algorithm a, struct digest *ret, size_t n,
		      struct error **err)
{
	struct reader r = reader_init(text);
	struct span line;
	size_t lines = 0;

	for (; reader_line(&r, &line); lines++) {
		if (lines >= n)
			continue;
		ret[lines].algorithm = a;
		if (!hex_decode(line, ret[lines].bytes, digest_size(a)))
			return error_set(err, -ERROR_MALFORMED, "line %zu: not a %s digest",
					 lines + 1, digest_name(a));
	}
	return lines == n ? 0
			  : error_set(err, -ERROR_MALFORMED, "%zu lines, not %zu of a digest each",
				      lines, n);
}
