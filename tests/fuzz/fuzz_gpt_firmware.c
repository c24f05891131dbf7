#include "fuzz.h"

#include "formats/gpt_firmware.h"

/* A partition that firmware makes lies in the usable range and covers no byte of another. */
static void check(const struct gpt_firmware *f)
{
	const struct gpt *g = &f->table;

	for (size_t i = 0; i < g->n_entries; i++) {
		const struct gpt_entry *e = &g->entries[i];
		uint64_t offset, size;

		if (gpt_firmware_range(g, e, &offset, &size) &&
		    (size == 0 || offset / g->sector_size != e->starting_lba ||
		     offset > (uint64_t)INT64_MAX || size > (uint64_t)INT64_MAX))
			abort();
		if (f->faults[i] != GPT_FAULT_NONE)
			continue;
		if (e->starting_lba < g->first_usable_lba || e->ending_lba > g->last_usable_lba)
			abort();
		for (size_t k = 0; k < i; k++) {
			if (f->faults[k] == GPT_FAULT_NONE &&
			    e->starting_lba <= g->entries[k].ending_lba &&
			    g->entries[k].starting_lba <= e->ending_lba)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span disk = SPAN(data, size);
	uint32_t sector_size = gpt_sector_size(disk);
	struct gpt_firmware f;

	if (gpt_firmware_parse(disk, &f, NULL) >= 0) {
		check(&f);
		(void)!gpt_firmware_check(disk, &f.table, NULL);
		(void)!gpt_firmware_check_backup(disk, &f.table, NULL);
	}
	if (sector_size > 0 && gpt_firmware_parse_backup(disk, sector_size, &f, NULL) >= 0)
		check(&f);
	return 0;
}
