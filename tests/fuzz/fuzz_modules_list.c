/* The initrd's list of modules: a name has no folder, and what a line needs is met by its own words. */
#include "fuzz.h"

#include "guest/init/init.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader list = reader_init(SPAN(data, size));
	_cleanup_(string_list_release) struct string_list loaded = {0};
	struct module_line line;
	struct error *err = NULL;
	int r;

	while ((r = modules_next(&list, &line, &err)) > 0) {
		char *name = strndup((const char *)line.name.p, line.name.n);

		if (line.name.n == 0 || memchr(line.name.p, '/', line.name.n) ||
		    line.name.p[0] == '.')
			abort();
		if (line.needs.n &&
		    (line.needs.p < data || line.needs.p + line.needs.n > data + size))
			abort();
		(void)modules_needs_met(line.needs, &loaded);
		if (!name || string_list_take(&loaded, name) < 0)
			abort();
		/* What needs itself alone is met once it is there. */
		if (!modules_needs_met(line.name, &loaded))
			abort();
	}
	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	return 0;
}
