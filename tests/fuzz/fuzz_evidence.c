#include "fuzz.h"

#include "formats/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct evidence e;

	if (evidence_parse(SPAN(data, size), &e, NULL) < 0)
		return 0;
	if (e.n_pcrs > EVIDENCE_PCRS || e.pcr_size > EVIDENCE_PCR_MAX)
		abort();
	evidence_release(&e);
	return 0;
}
