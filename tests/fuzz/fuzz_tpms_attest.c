#include "fuzz.h"

#include "formats/tpms_attest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tpm_public public;
	struct tpm_quote q;

	/* Whole or not at all. */
	if (tpms_attest_parse(SPAN(data, size), &q, NULL) >= 0 &&
	    tpms_attest_parse(SPAN(data, size - 1), &q, NULL) >= 0)
		abort();
	if (tpmt_public_parse(SPAN(data, size), &public, NULL) >= 0 && public.key.size != 256 &&
	    public.key.size != 384)
		abort();
	return 0;
}
