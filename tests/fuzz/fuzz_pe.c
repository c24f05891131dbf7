/* PE images and their Authenticode digest. */
#include "fuzz.h"

#include "formats/authenticode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *err = NULL;
	struct pe pe;
	struct digest digest;
	struct span signature;
	uint32_t offset = 0;

	if (pe_parse(SPAN(data, size), &pe, &err) < 0)
		return 0;
	for (size_t i = 0; i < pe.number_of_sections; i++) {
		struct span section = pe_section_data(&pe, &pe.sections[i]);

		(void)digest_bytes(DIGEST_SHA256, section);
		(void)pe_section_shares_memory(&pe, &pe.sections[i]);
	}
	while (authenticode_next_signature(&pe, &offset, &signature, NULL) > 0)
		(void)digest_bytes(DIGEST_SHA256, signature);
	if (authenticode_digest(&pe, DIGEST_SHA256, &digest, &err) < 0)
		return 0;
	return 0;
}
