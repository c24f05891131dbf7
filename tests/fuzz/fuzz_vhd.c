#include "fuzz.h"

#include "formats/vhd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span footer = SPAN(data, size);
	struct vhd_footer f;
	uint8_t again[VHD_FOOTER_SIZE];

	/* The size that the footer claims, so that parsing gets past it. */
	if (size < 56 || vhd_parse(footer, get_be64(data + 48), &f, NULL) < 0)
		return 0;
	(void)!vhd_encode(&f, again, NULL);
	return 0;
}
