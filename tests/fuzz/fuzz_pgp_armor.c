#include "fuzz.h"

#include "formats/pgp_armor.h"

/* Bytes of keys are never more than the text that holds them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(PGP_KEYS_MAX);
	struct error *err = NULL;
	int r = pgp_public_keys(SPAN(data, size), &b, &err);

	if ((r < 0) != (err != NULL) || b.n > size || (r >= 0 && b.n == 0))
		abort();
	error_free(err);
	return 0;
}
