#include "guest/init/init.h"

#include <errno.h>

int modules_next(struct reader *list, struct module_line *ret, struct error **err)
{
	struct span line;

	if (!reader_line(list, &line))
		return 0;

	struct span word = span_next_word(&line);

	if (!word.n || word.p[0] == '.' || memchr(word.p, '/', word.n) || memchr(word.p, 0, word.n))
		return error_set(err, -ERROR_MALFORMED, "/modules.list: '%.*s' is not a name",
				 (int)word.n, (const char *)word.p);
	*ret = (struct module_line){.name = word, .needs = line};
	return 1;
}

bool modules_needs_met(struct span needs, const struct string_list *loaded)
{
	struct span word;

	while ((word = span_next_word(&needs)).n) {
		bool found = false;

		for (size_t i = 0; i < loaded->n && !found; i++)
			found = span_equal(word, span_string(loaded->items[i]));
		if (!found)
			return false;
	}
	return true;
}
