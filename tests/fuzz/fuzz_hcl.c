#include "fuzz.h"

#include "formats/hcl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hcl_report report;
	struct hcl_claims claims;

	if (hcl_report_parse(SPAN(data, size), &report, NULL) >= 0 &&
	    hcl_claims_parse(report.claims, &claims, NULL) >= 0 &&
	    strnlen(claims.vm_id, sizeof claims.vm_id) == sizeof claims.vm_id)
		abort();
	/* The claims alone, as their digest guards them. */
	if (hcl_claims_parse(SPAN(data, size), &claims, NULL) >= 0 &&
	    claims.attestation_key.size != 256 && claims.attestation_key.size != 384)
		abort();
	return 0;
}
