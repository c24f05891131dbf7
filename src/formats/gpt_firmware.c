#include "formats/gpt_firmware.h"

#include <inttypes.h>

#include "formats/gpt_parts.h"

#define MBR_PARTITIONS 4u
#define MBR_PARTITION_SIZE 16u
#define PARTITION_ENTRY_LBA 72u /* in the header */
#define ATTRIBUTE_NO_BLOCK_IO (1ull << 1)

static const uint32_t sector_sizes[] = {GPT_SECTOR_SIZE, GPT_SECTOR_SIZE_MAX};

const char *gpt_fault_text(enum gpt_fault f)
{
	static const char *const texts[] = {
		[GPT_FAULT_NONE] = NULL,
		[GPT_FAULT_OUTSIDE] = "its sectors are not among the usable ones",
		[GPT_FAULT_OVERLAP] = "it overlaps another partition",
		[GPT_FAULT_HIDDEN] = "its attributes hide it from firmware",
	};

	return texts[f];
}

uint32_t gpt_sector_size(struct span disk)
{
	struct span signature;

	for (size_t i = 0; i < ARRAY_SIZE(sector_sizes); i++) {
		if (span_slice(disk, sector_sizes[i], strlen(GPT_SIGNATURE), &signature) &&
		    span_equal(signature, SPAN_LITERAL(GPT_SIGNATURE)))
			return sector_sizes[i];
	}
	return 0;
}

static bool is_outside(const struct gpt *g, const struct gpt_entry *e)
{
	return e->starting_lba > e->ending_lba || e->starting_lba < g->first_usable_lba ||
	       e->ending_lba > g->last_usable_lba;
}

/* As EDK2 does: an entry outside is not held against those after it, but those before it are. */
static void find_faults(struct gpt_firmware *f)
{
	const struct gpt *g = &f->table;

	for (size_t i = 0; i < g->n_entries; i++) {
		const struct gpt_entry *e = &g->entries[i];

		if (is_outside(g, e)) {
			f->faults[i] = GPT_FAULT_OUTSIDE;
			continue;
		}
		if (f->faults[i] == GPT_FAULT_NONE && e->attributes & ATTRIBUTE_NO_BLOCK_IO)
			f->faults[i] = GPT_FAULT_HIDDEN;
		for (size_t k = i + 1; k < g->n_entries; k++) {
			const struct gpt_entry *o = &g->entries[k];

			if (o->ending_lba >= e->starting_lba && o->starting_lba <= e->ending_lba)
				f->faults[i] = f->faults[k] = GPT_FAULT_OVERLAP;
		}
	}
}

static int parse(struct span disk, uint64_t lba, uint32_t sector_size, const char *name,
		 struct gpt_firmware *ret, struct error **err)
{
	struct gpt_firmware f = {.table.sector_size = sector_size};
	int r = gpt_read_table(disk, lba, &f.table, err);

	if (r < 0)
		return error_wrap(err, r, "%s GPT", name);
	find_faults(&f);
	*ret = f;
	return 0;
}

int gpt_firmware_parse(struct span disk, struct gpt_firmware *ret, struct error **err)
{
	uint32_t sector_size = gpt_sector_size(disk);

	return parse(disk, 1, sector_size ? sector_size : GPT_SECTOR_SIZE, "primary", ret, err);
}

int gpt_firmware_parse_backup(struct span disk, uint32_t sector_size, struct gpt_firmware *ret,
			      struct error **err)
{
	uint64_t sectors = disk.n / sector_size;

	return parse(disk, sectors > 0 ? sectors - 1 : 0, sector_size, "backup", ret, err);
}

int gpt_firmware_check_backup(struct span disk, const struct gpt *primary, struct error **err)
{
	struct gpt_firmware backup;
	int r = gpt_firmware_parse_backup(disk, primary->sector_size, &backup, err);

	return r < 0 ? r : gpt_check_same(primary, &backup.table, err);
}

static bool has_protective_mbr(struct span disk)
{
	struct span records;

	if (!span_slice(disk, MBR_PARTITION_OFFSET, MBR_PARTITIONS * MBR_PARTITION_SIZE, &records))
		return false;
	for (size_t i = 0; i < MBR_PARTITIONS; i++) {
		const uint8_t *record = records.p + i * MBR_PARTITION_SIZE;

		if (record[4] == MBR_OS_TYPE_GPT && get_le32(record + 8) == 1)
			return true;
	}
	return false;
}

int gpt_firmware_check(struct span disk, const struct gpt *primary, struct error **err)
{
	uint64_t entries = get_le64(primary->header.p + PARTITION_ENTRY_LBA);

	if (!has_protective_mbr(disk))
		return error_set(err, -ERROR_MALFORMED,
				 "no protective MBR: firmware takes no GPT without one");
	if (entries >= primary->first_usable_lba)
		return error_set(err, -ERROR_MALFORMED,
				 "primary GPT: the entry array at sector %" PRIu64
				 " is not before the first usable sector %" PRIu64
				 ": not every firmware measures it",
				 entries, primary->first_usable_lba);
	return 0;
}

bool gpt_firmware_range(const struct gpt *g, const struct gpt_entry *e, uint64_t *ret_offset,
			uint64_t *ret_size)
{
	if (e->starting_lba > e->ending_lba || e->ending_lba >= INT64_MAX / g->sector_size)
		return false;
	*ret_offset = e->starting_lba * g->sector_size;
	*ret_size = (e->ending_lba - e->starting_lba + 1) * g->sector_size;
	return true;
}
