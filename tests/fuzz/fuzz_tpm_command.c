/* A response, and each of the things that its parameters may be. */
#include "fuzz.h"

#include "formats/tpm_command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tpm_pcr_values values;
	struct tpm_response response;
	struct tpm_index index;
	struct span a, b, whole;
	size_t n;

	if (size < TPM_RESPONSE_HEADER_SIZE || tpm_response_size(data, &n, NULL) < 0 ||
	    tpm_response_parse(SPAN(data, size), &response, NULL) < 0)
		return 0;
	if (n != size)
		abort();
	whole = response.parameters;
	if (tpm_pcr_read_parse(whole, &values, NULL) >= 0 && values.registers >> TPM_PCR_COUNT)
		abort();
	if (tpm_quote_parse(whole, &a, &b, NULL) >= 0 && a.n + b.n + 8 != whole.n)
		abort();
	if (tpm_read_public_parse(whole, &a, NULL) >= 0 && a.n + 6 > whole.n)
		abort();
	if (tpm_index_read_public_parse(whole, &index, NULL) >= 0 && index.size > TPM_INDEX_MAX)
		abort();
	if (tpm_index_read_parse(whole, &a, NULL) >= 0 && a.n + 2 != whole.n)
		abort();
	return 0;
}
