#include "packages/licence.h"

#include "base/buffer.h"
#include "base/text.h"
#include "formats/licence_text.h"

/* A text of names: packages with dozens of licences exist, with hundreds they do not. */
#define LICENCE_NAMES_MAX 4096
/* A link to a package whose documentation is a link: libctf0, libbinutils, binutils-common. */
#define SHARED_DEPTH_MAX 8

void licence_release(struct licence *l)
{
	free(l->declared);
	free(l->concluded);
	free(l->shared);
	*l = (struct licence){0};
}

static bool takes_prefix(struct span *line, const char *prefix)
{
	size_t n = strlen(prefix);

	if (line->n < n || memcmp(line->p, prefix, n) != 0)
		return false;
	*line = span_trim(span_skip(*line, n));
	return true;
}

static bool is_machine_readable(struct span copyright)
{
	struct reader reader = reader_init(copyright);
	struct span line;

	return reader_line(&reader, &line) && takes_prefix(&line, "Format:");
}

static int declared_names(struct span copyright, struct string_list *names)
{
	struct reader reader = reader_init(copyright);
	struct span line;

	while (reader_line(&reader, &line)) {
		if (!takes_prefix(&line, "License:") || line.n == 0)
			continue;

		_cleanup_free_ char *name = span_to_string(line);

		if (name && !string_list_has(names, name) && string_list_add(names, name) < 0)
			return -1;
	}
	string_list_sort(names);
	return 0;
}

/* malloc()ed, NULL without memory. */
static char *joined(const struct string_list *names)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LICENCE_NAMES_MAX);

	for (size_t i = 0; i < names->n; i++) {
		if (text.n + strlen(names->items[i]) + 2 > LICENCE_NAMES_MAX)
			break;
		buffer_printf(&text, "%s%s", i ? ", " : "", names->items[i]);
	}
	return strdup(buffer_text(&text));
}

int licence_read(struct span copyright, struct licence *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list declared = {0}, concluded = {0};
	_cleanup_(licence_release) struct licence l = {0};
	int r = is_machine_readable(copyright) ? declared_names(copyright, &declared)
					       : licence_text_names(copyright, &concluded);

	if (r < 0)
		return error_oom(err);
	l = (struct licence){joined(&declared), joined(&concluded), strdup("")};
	if (!l.declared || !l.concluded || !l.shared)
		return error_oom(err);
	*ret = l;
	l = (struct licence){0};
	return 0;
}

/* The folder of the archive that the path lies in, with its slash: that of a source package. */
static struct span source_folder(const char *path)
{
	return SPAN(path, (size_t)(path_basename(path) - path));
}

const struct licence *licence_of(const struct licence_owner *all, size_t n, size_t i)
{
	const struct licence_owner *o = &all[i];

	for (unsigned depth = 0; depth < SHARED_DEPTH_MAX; depth++) {
		const struct licence_owner *next = NULL;

		if (!o->licence || !o->licence->shared[0])
			return o->licence;
		for (size_t k = 0; !next && k < n; k++) {
			if (string_equal(all[k].name, o->licence->shared) &&
			    span_equal(source_folder(all[k].source), source_folder(o->source)))
				next = &all[k];
		}
		if (!next)
			return NULL;
		o = next;
	}
	return NULL;
}
