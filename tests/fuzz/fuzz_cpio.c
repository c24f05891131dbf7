#include "fuzz.h"

#include "crypto/digest.h"
#include "formats/cpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_init(SPAN(data, size));
	struct cpio_entry e;

	while (cpio_next(&r, &e, NULL) == 1) {
		/* Reads all bytes. */
		(void)digest_bytes(DIGEST_SHA256, e.name);
		(void)digest_bytes(DIGEST_SHA256, e.content);
	}
	return 0;
}
