#include "fuzz.h"

#include "formats/verity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verity_parameters p, again;
	uint8_t superblock[VERITY_BLOCK_SIZE];

	if (verity_parse_superblock(SPAN(data, size), &p, NULL) < 0)
		return 0;
	verity_encode_superblock(&p, superblock);
	if (verity_parse_superblock(SPAN(superblock, sizeof(superblock)), &again, NULL) < 0 ||
	    memcmp(&p, &again, sizeof(p)) != 0)
		abort();
	/* A tree has at most one block for every 127 of data, a superblock, and rounding. */
	if (verity_size(p.data_blocks) / VERITY_BLOCK_SIZE >
	    p.data_blocks / 127 + 1 + VERITY_LEVELS_MAX)
		abort();
	return 0;
}
