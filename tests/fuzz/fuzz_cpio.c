#include "fuzz.h"

#include "formats/cpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_init(SPAN(data, size));
	struct cpio_entry e;
	volatile unsigned sum = 0; /* keeps the reads */

	while (cpio_next(&r, &e, NULL) == 1) {
		for (size_t i = 0; i < e.name.n; i++)
			sum += e.name.p[i];
		for (size_t i = 0; i < e.content.n; i++)
			sum += e.content.p[i];
	}
	return 0;
}
