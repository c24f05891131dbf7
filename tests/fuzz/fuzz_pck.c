#include "fuzz.h"

#include "formats/pck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pck_extension e;

	/* Nothing may stand behind what was read. */
	if (pck_extension_parse(SPAN(data, size), &e, NULL) >= 0 &&
	    pck_extension_parse(SPAN(data, size - 1), &e, NULL) >= 0)
		abort();
	return 0;
}
