#include "packages/licence.h"

#include "base/buffer.h"
#include "base/text.h"

/* A text of names: packages with dozens of licences exist, with hundreds they do not. */
#define LICENCE_TEXT_MAX 4096

static bool takes_prefix(struct span *line, const char *prefix)
{
	size_t n = strlen(prefix);

	if (line->n < n || memcmp(line->p, prefix, n) != 0)
		return false;
	*line = span_trim(span_skip(*line, n));
	return true;
}

char *licence_names(struct span copyright)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LICENCE_TEXT_MAX);
	struct reader reader = reader_init(copyright);
	struct span line;

	if (!reader_line(&reader, &line) || !takes_prefix(&line, "Format:"))
		return strdup("");
	while (reader_line(&reader, &line)) {
		if (!takes_prefix(&line, "License:") || line.n == 0)
			continue;

		_cleanup_free_ char *name = span_to_string(line);

		if (name && !string_list_has(&names, name) && string_list_add(&names, name) < 0)
			return NULL;
	}
	string_list_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		if (text.n + strlen(names.items[i]) + 2 > LICENCE_TEXT_MAX)
			break;
		buffer_printf(&text, "%s%s", i ? ", " : "", names.items[i]);
	}
	return strdup(buffer_text(&text));
}
