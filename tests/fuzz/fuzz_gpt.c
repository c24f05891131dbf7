#include "fuzz.h"

#include "formats/gpt.h"

/* Every parsed entry must lie in the usable range, which lies on the disk. */
static void check(const struct gpt *g, uint64_t sectors)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		uint64_t offset, size;

		gpt_entry_range(&g->entries[i], &offset, &size);
		if (size == 0 || offset + size > sectors * GPT_SECTOR_SIZE)
			abort();
		if (!gpt_find_type(g, &g->entries[i].partition_type_guid))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span disk = SPAN(data, size);
	uint64_t sectors = size / GPT_SECTOR_SIZE;
	struct gpt g;

	if (gpt_parse_disk(disk, &g, NULL) >= 0)
		check(&g, sectors);
	if (gpt_parse_backup(disk, &g, NULL) >= 0)
		check(&g, sectors);
	(void)!gpt_parse_primary(disk, 0, &g, NULL);
	return 0;
}
