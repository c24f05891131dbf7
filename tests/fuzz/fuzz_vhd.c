#include "fuzz.h"

#include "formats/vhd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t footer[VHD_FOOTER_SIZE], again[VHD_FOOTER_SIZE];
	struct vhd_footer f, g;
	uint32_t sum = 0;

	if (vhd_parse(SPAN(data, size), 0, &f, NULL) >= 0)
		abort(); /* no disk has no bytes */
	if (size < VHD_FOOTER_SIZE)
		return 0;
	memcpy(footer, data, VHD_FOOTER_SIZE);
	/* The checksum of whatever came, so that parsing gets past it. */
	put_be32(footer + 64, 0);
	for (size_t i = 0; i < VHD_FOOTER_SIZE; i++)
		sum += footer[i];
	put_be32(footer + 64, ~sum);
	if (vhd_parse(SPAN(footer, sizeof(footer)), get_be64(footer + 48), &f, NULL) < 0 ||
	    vhd_encode(&f, again, NULL) < 0)
		return 0;
	if (vhd_parse(SPAN(again, sizeof(again)), f.current_size, &g, NULL) < 0 ||
	    g.time_stamp != f.time_stamp || g.creator_version != f.creator_version ||
	    memcmp(g.unique_id, f.unique_id, sizeof(g.unique_id)) != 0)
		abort();
	return 0;
}
