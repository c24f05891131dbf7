#include "fuzz.h"

#include "formats/npm_lock.h"

/* What is accepted stays below its folder and its registry, each place once. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct npm_platform platform = {"linux", "x64", "glibc"};
	_cleanup_(npm_lock_release) struct npm_lock l = {0};
	struct error *err = NULL;
	int r = npm_lock_parse(SPAN(data, size), &platform, &l, &err);

	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	if (r < 0)
		return 0;
	for (size_t i = 0; i < l.n; i++) {
		const struct npm_package *p = &l.items[i];

		if (!path_is_confined(p->location) || !path_is_confined(p->source) ||
		    !string_starts(p->location, "node_modules/") || !string_ends(p->source, ".tgz"))
			abort();
		if (i > 0 && strcmp(p[-1].location, p->location) >= 0)
			abort();
	}
	return 0;
}
