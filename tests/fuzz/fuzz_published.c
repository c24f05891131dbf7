#include "fuzz.h"

#include "formats/published.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(published_release) struct published p = {0};

	if (published_parse(SPAN(data, size), &p, NULL) < 0)
		return 0;
	if (p.n_artefacts == 0 || p.n_artefacts > PUBLISHED_ARTEFACTS_MAX || strchr(p.image, '/'))
		abort();
	for (size_t i = 0; i < p.n_artefacts; i++) {
		if (strchr(p.artefacts[i].name, '/') ||
		    published_find(&p, p.artefacts[i].name) != &p.artefacts[i])
			abort();
	}
	return 0;
}
