#include "formats/config_text.h"

bool config_text_find(struct span text, struct span key, struct span *ret)
{
	struct reader reader = reader_init(text);
	struct span line, start;

	while (reader_line(&reader, &line)) {
		if (!span_slice(line, 0, key.n, &start) || !span_equal(start, key) ||
		    line.n == key.n || line.p[key.n] != '=')
			continue;
		*ret = span_skip(line, key.n + 1);
		return true;
	}
	return false;
}
