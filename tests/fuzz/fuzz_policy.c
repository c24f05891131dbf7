#include "fuzz.h"

#include "attest/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy p = {0};
	struct attest_roots roots;

	if (policy_add(&p, "fuzz", SPAN(data, size), NULL) >= 0) {
		/* An alternative without registers would accept everything. */
		for (size_t i = 0; i < p.n; i++) {
			size_t n = 0;

			for (size_t reg = 0; reg < REGISTERS; reg++)
				n += p.alternatives[i].registers[reg].n;
			if (n == 0)
				abort();
		}
		if (policy_roots(&p, true, NULL, &roots, NULL) >= 0)
			attest_roots_release(&roots);
	}
	policy_release(&p);
	return 0;
}
