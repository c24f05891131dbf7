#include "fuzz.h"

#include "packages/package_stanza.h"

/* Stanzas follow each other to the end, and their fields lie within. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_init(SPAN(data, size));
	struct package_stanza z;
	const uint8_t *at = data;

	while (package_stanza_next(&r, &z)) {
		const struct span fields[] = {z.package,  z.version, z.architecture, z.depends,
					      z.filename, z.size,    z.sha256};

		if (z.text.p != at || z.text.n == 0)
			abort();
		at += z.text.n;
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
			if (fields[i].n &&
			    (fields[i].p < z.text.p || fields[i].p + fields[i].n > at))
				abort();
		}
	}
	return 0;
}
