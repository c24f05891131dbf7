#include "guest/init/init.h"

#include <errno.h>

/* Takes the next word of *rest; false at the end. */
static bool next_word(struct span *rest, struct span *ret)
{
	size_t n = 0;

	*rest = span_trim(*rest);
	while (n < rest->n && span_trim(SPAN(rest->p + n, 1)).n > 0)
		n++;
	*ret = (struct span){rest->p, n};
	*rest = span_skip(*rest, n);
	return n > 0;
}

int modules_next(struct reader *list, struct module_line *ret, struct error **err)
{
	struct span line, word;

	if (!reader_line(list, &line))
		return 0;
	if (!next_word(&line, &word) || word.p[0] == '.' || memchr(word.p, '/', word.n) ||
	    memchr(word.p, 0, word.n))
		return error_set(err, -ERROR_MALFORMED, "/modules.list: '%.*s' is not a name",
				 (int)word.n, (const char *)word.p);
	*ret = (struct module_line){.name = word, .needs = line};
	return 1;
}

bool modules_needs_met(struct span needs, const struct string_list *loaded)
{
	struct span word;

	while (next_word(&needs, &word)) {
		bool found = false;

		for (size_t i = 0; i < loaded->n && !found; i++)
			found = span_equal(word, span_string(loaded->items[i]));
		if (!found)
			return false;
	}
	return true;
}
