#include "fuzz.h"

#include "formats/gzip.h"

/* Bytes out of a few in: enough to see every state, little enough to stay quick. */
#define OUTPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(gzip_freep) struct gzip *g = gzip_new(SPAN(data, size));
	uint8_t chunk[4096];
	size_t total = 0, got = 1;

	while (g && got > 0 && total < OUTPUT_MAX &&
	       gzip_read(g, chunk, sizeof(chunk), &got, NULL) >= 0)
		total += got;
	return 0;
}
