#include "formats/gpt.h"

#include <errno.h>
#include <inttypes.h>

#include "base/buffer.h"
#include "formats/crc32.h"
#include "formats/gpt_parts.h"

#define GPT_REVISION 0x00010000u
#define GPT_NAME_UNITS 36u
/* Sectors of an array of 128 entries of 128 bytes. */
#define GPT_ARRAY_SECTORS (GPT_ENTRIES * GPT_ENTRY_SIZE / GPT_SECTOR_SIZE)
/* The MBR, the header and the array lie before the first usable sector. */
#define GPT_FIRST_USABLE (2 + GPT_ARRAY_SECTORS)
/* Largest number of sectors whose size in bytes fits into a file offset. */
#define GPT_SECTORS_MAX (INT64_MAX / GPT_SECTOR_SIZE)

#define MBR_SIGNATURE_OFFSET 510u

static bool guid_is_zero(const struct guid *g)
{
	return span_is_zero(SPAN(g->bytes, sizeof(g->bytes)));
}

/* Ranges, overlap and unique GUIDs of all entries. Partitions are named by their number from 1. */
static int check_entries(const struct gpt *g, struct error **err)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		const struct gpt_entry *e = &g->entries[i];

		if (e->starting_lba > e->ending_lba || e->starting_lba < g->first_usable_lba ||
		    e->ending_lba > g->last_usable_lba)
			return error_set(err, -ERROR_MALFORMED,
					 "partition %zu: sectors %" PRIu64 " to %" PRIu64
					 " lie outside the usable %" PRIu64 " to %" PRIu64,
					 i + 1, e->starting_lba, e->ending_lba, g->first_usable_lba,
					 g->last_usable_lba);
		for (size_t k = 0; k < i; k++) {
			const struct gpt_entry *o = &g->entries[k];

			if (e->starting_lba <= o->ending_lba && o->starting_lba <= e->ending_lba)
				return error_set(err, -ERROR_MALFORMED,
						 "partitions %zu and %zu overlap", k + 1, i + 1);
			if (guid_equal(&e->unique_partition_guid, &o->unique_partition_guid))
				return error_set(err, -ERROR_MALFORMED,
						 "partitions %zu and %zu have the same unique GUID",
						 k + 1, i + 1);
		}
	}
	return 0;
}

static int encode_entry(const struct gpt_entry *e, size_t number, uint8_t out[GPT_ENTRY_SIZE],
			struct error **err)
{
	size_t length = strnlen(e->partition_name, GPT_NAME_SIZE);

	if (guid_is_zero(&e->partition_type_guid))
		return error_set(err, -EINVAL, "partition %zu: the type GUID is zero", number);
	if (length > GPT_NAME_UNITS)
		return error_set(err, -EINVAL,
				 "partition %zu: the name is longer than %u characters", number,
				 GPT_NAME_UNITS);
	memcpy(out, e->partition_type_guid.bytes, 16);
	memcpy(out + 16, e->unique_partition_guid.bytes, 16);
	put_le64(out + 32, e->starting_lba);
	put_le64(out + 40, e->ending_lba);
	put_le64(out + 48, e->attributes);
	for (size_t i = 0; i < length; i++) {
		if (e->partition_name[i] < ' ' || e->partition_name[i] > '~')
			return error_set(err, -EINVAL,
					 "partition %zu: the name is not printable ASCII", number);
		put_le16(out + 56 + 2 * i, (uint8_t)e->partition_name[i]);
	}
	return 0;
}

static void encode_header(const struct gpt *g, uint64_t partition_entry_lba, uint32_t array_crc32,
			  uint8_t out[GPT_SECTOR_SIZE])
{
	memset(out, 0, GPT_SECTOR_SIZE);
	memcpy(out, GPT_SIGNATURE, 8);
	put_le32(out + 8, GPT_REVISION);
	put_le32(out + 12, GPT_HEADER_SIZE);
	put_le64(out + 24, g->my_lba);
	put_le64(out + 32, g->alternate_lba);
	put_le64(out + 40, g->first_usable_lba);
	put_le64(out + 48, g->last_usable_lba);
	memcpy(out + 56, g->disk_guid.bytes, 16);
	put_le64(out + 72, partition_entry_lba);
	put_le32(out + 80, GPT_ENTRIES);
	put_le32(out + 84, GPT_ENTRY_SIZE);
	put_le32(out + 88, array_crc32);
	put_le32(out + 16, crc32_of(SPAN(out, GPT_HEADER_SIZE)));
}

static void encode_protective_mbr(uint64_t sectors, uint8_t out[GPT_SECTOR_SIZE])
{
	uint8_t *record = out + MBR_PARTITION_OFFSET;

	memset(out, 0, GPT_SECTOR_SIZE);
	record[2] = 0x02; /* StartingCHS 0x000200: cylinder 0, head 0, sector 2 */
	record[4] = MBR_OS_TYPE_GPT;
	memset(record + 5, 0xff, 3); /* EndingCHS: not representable, as there is no geometry */
	put_le32(record + 8, 1);
	put_le32(record + 12, (uint32_t)MIN(sectors - 1, (uint64_t)UINT32_MAX));
	out[MBR_SIGNATURE_OFFSET] = 0x55;
	out[MBR_SIGNATURE_OFFSET + 1] = 0xaa;
}

int gpt_encode(const struct gpt *layout, uint64_t sectors, uint8_t ret_primary[GPT_PRIMARY_SIZE],
	       uint8_t ret_backup[GPT_BACKUP_SIZE], struct error **err)
{
	uint8_t array[GPT_ENTRIES * GPT_ENTRY_SIZE] = {0};
	struct gpt g = *layout;

	if (sectors <= GPT_FIRST_USABLE + GPT_ARRAY_SECTORS + 1 || sectors > GPT_SECTORS_MAX)
		return error_set(err, -EINVAL, "a disk of %" PRIu64 " sectors cannot hold a GPT",
				 sectors);
	if (g.n_entries > GPT_ENTRIES)
		return error_set(err, -EINVAL, "more than %u partitions", GPT_ENTRIES);
	g.my_lba = 1;
	g.alternate_lba = sectors - 1;
	g.first_usable_lba = GPT_FIRST_USABLE;
	g.last_usable_lba = sectors - GPT_ARRAY_SECTORS - 2;

	int r = check_entries(&g, err);

	for (size_t i = 0; r >= 0 && i < g.n_entries; i++)
		r = encode_entry(&g.entries[i], i + 1, array + i * GPT_ENTRY_SIZE, err);
	if (r < 0)
		return r;

	uint32_t array_crc32 = crc32_of(SPAN(array, sizeof(array)));

	encode_protective_mbr(sectors, ret_primary);
	encode_header(&g, 2, array_crc32, ret_primary + GPT_SECTOR_SIZE);
	memcpy(ret_primary + 2 * (size_t)GPT_SECTOR_SIZE, array, sizeof(array));

	g.my_lba = sectors - 1;
	g.alternate_lba = 1;
	memcpy(ret_backup, array, sizeof(array));
	encode_header(&g, g.last_usable_lba + 1, array_crc32, ret_backup + sizeof(array));
	return 0;
}

/* UTF-16LE up to the first NUL; a surrogate without its partner becomes U+FFFD. */
static void decode_name(const uint8_t *units, char out[GPT_NAME_SIZE])
{
	struct span rest = SPAN(units, 2 * GPT_NAME_UNITS);
	size_t n = 0;
	uint32_t c;

	while (rest.n > 0 && (c = utf16_next(&rest)) != 0)
		n += utf8_encode(is_surrogate(c) ? 0xfffd : c, out + n);
	out[n] = '\0';
}

static int parse_entries(struct gpt *g, struct error **err)
{
	size_t slots = g->entry_array.n / g->size_of_partition_entry;

	g->n_entries = 0;
	for (size_t i = 0; i < slots; i++) {
		const uint8_t *p = g->entry_array.p + i * g->size_of_partition_entry;

		if (span_is_zero(SPAN(p, 16)))
			continue;
		if (g->n_entries == GPT_ENTRIES)
			return error_set(err, -ERROR_MALFORMED, "more than %u partitions",
					 GPT_ENTRIES);

		struct gpt_entry *e = &g->entries[g->n_entries++];

		e->partition_type_guid = guid_at(p);
		e->unique_partition_guid = guid_at(p + 16);
		e->starting_lba = get_le64(p + 32);
		e->ending_lba = get_le64(p + 40);
		e->attributes = get_le64(p + 48);
		decode_name(p + 56, e->partition_name);
	}
	return 0;
}

/* The fields of a header sector that stand for themselves: signature, revision, size, CRC. */
static int parse_header(struct span sector, struct gpt *g, struct error **err)
{
	uint8_t copy[GPT_SECTOR_SIZE_MAX];
	uint32_t header_size;

	if (memcmp(sector.p, GPT_SIGNATURE, 8) != 0)
		return error_set(err, -ERROR_MALFORMED, "the signature is not 'EFI PART'");
	if (get_le32(sector.p + 8) != GPT_REVISION)
		return error_set(err, -ERROR_MALFORMED,
				 "the revision is 0x%08" PRIx32 ", not 0x%08x",
				 get_le32(sector.p + 8), GPT_REVISION);
	header_size = get_le32(sector.p + 12);
	if (header_size < GPT_HEADER_SIZE || header_size > sector.n)
		return error_set(err, -ERROR_MALFORMED, "the header size is %" PRIu32, header_size);
	memcpy(copy, sector.p, header_size);
	put_le32(copy + 16, 0);
	if (crc32_of(SPAN(copy, header_size)) != get_le32(sector.p + 16))
		return error_set(err, -ERROR_MALFORMED, "the header's CRC is wrong");

	g->header = SPAN(sector.p, header_size);
	g->my_lba = get_le64(sector.p + 24);
	g->alternate_lba = get_le64(sector.p + 32);
	g->first_usable_lba = get_le64(sector.p + 40);
	g->last_usable_lba = get_le64(sector.p + 48);
	g->disk_guid = guid_at(sector.p + 56);
	return 0;
}

/* What the header says about places, against the disk. */
static int check_places(const struct gpt *g, uint64_t sectors, struct error **err)
{
	if (g->first_usable_lba > g->last_usable_lba || g->last_usable_lba > GPT_SECTORS_MAX ||
	    (sectors != 0 && g->last_usable_lba >= sectors))
		return error_set(err, -ERROR_MALFORMED,
				 "the usable sectors %" PRIu64 " to %" PRIu64
				 " lie outside the disk",
				 g->first_usable_lba, g->last_usable_lba);
	if (sectors != 0 && g->alternate_lba >= sectors)
		return error_set(err, -ERROR_MALFORMED,
				 "the other header's sector %" PRIu64 " lies outside the disk",
				 g->alternate_lba);
	return 0;
}

static int parse_array(struct span disk, struct gpt *g, struct error **err)
{
	const uint8_t *header = g->header.p;
	uint64_t partition_entry_lba = get_le64(header + 72);
	uint32_t slots = get_le32(header + 80);
	uint32_t size = get_le32(header + 84);

	if (size < GPT_ENTRY_SIZE || size > GPT_ENTRY_SIZE_MAX || (size & (size - 1)) != 0)
		return error_set(err, -ERROR_MALFORMED, "entries of %" PRIu32 " bytes", size);
	if (slots == 0 || slots > GPT_SLOTS_MAX)
		return error_set(err, -ERROR_MALFORMED, "an array of %" PRIu32 " entries", slots);
	if (partition_entry_lba > INT64_MAX / g->sector_size ||
	    !span_slice(disk, partition_entry_lba * g->sector_size, (uint64_t)slots * size,
			&g->entry_array))
		return error_set(err, -ERROR_MALFORMED,
				 "the entry array at sector %" PRIu64
				 " lies outside the bytes given",
				 partition_entry_lba);
	if (crc32_of(g->entry_array) != get_le32(header + 88))
		return error_set(err, -ERROR_MALFORMED, "the entry array's CRC is wrong");
	g->size_of_partition_entry = size;
	return parse_entries(g, err);
}

int gpt_read_table(struct span disk, uint64_t lba, struct gpt *g, struct error **err)
{
	struct span sector;
	int r;

	if (!span_slice(disk, lba * g->sector_size, g->sector_size, &sector))
		return error_set(err, -ERROR_MALFORMED, "%zu bytes are too few", disk.n);
	r = parse_header(sector, g, err);
	if (r < 0)
		return r;
	if (g->my_lba != lba)
		return error_set(err, -ERROR_MALFORMED,
				 "the header says that it is sector %" PRIu64 ", not %" PRIu64,
				 g->my_lba, lba);
	return parse_array(disk, g, err);
}

static int parse_table(struct span disk, uint64_t lba, uint64_t sectors, struct gpt *ret,
		       struct error **err)
{
	struct gpt g = {.sector_size = GPT_SECTOR_SIZE};
	int r = gpt_read_table(disk, lba, &g, err);

	if (r >= 0)
		r = check_places(&g, sectors, err);
	if (r >= 0)
		r = check_entries(&g, err);
	if (r < 0)
		return r;
	*ret = g;
	return 0;
}

int gpt_parse_primary(struct span first, uint64_t sectors, struct gpt *ret, struct error **err)
{
	int r = parse_table(first, 1, sectors, ret, err);

	return r < 0 ? error_wrap(err, r, "primary GPT") : 0;
}

int gpt_parse_backup(struct span disk, struct gpt *ret, struct error **err)
{
	uint64_t sectors = disk.n / GPT_SECTOR_SIZE;
	int r;

	if (sectors < 2)
		r = error_set(err, -ERROR_MALFORMED, "%zu bytes are too few", disk.n);
	else
		r = parse_table(disk, sectors - 1, sectors, ret, err);
	return r < 0 ? error_wrap(err, r, "backup GPT") : 0;
}

int gpt_check_same(const struct gpt *primary, const struct gpt *backup, struct error **err)
{
	if (primary->alternate_lba == backup->my_lba && backup->alternate_lba == primary->my_lba &&
	    primary->first_usable_lba == backup->first_usable_lba &&
	    primary->last_usable_lba == backup->last_usable_lba &&
	    guid_equal(&primary->disk_guid, &backup->disk_guid) &&
	    span_equal(primary->entry_array, backup->entry_array))
		return 0;
	return error_set(err, -ERROR_MALFORMED, "the primary and the backup GPT differ");
}

int gpt_parse_disk(struct span disk, struct gpt *ret, struct error **err)
{
	struct gpt primary, backup;
	int r = gpt_parse_primary(disk, disk.n / GPT_SECTOR_SIZE, &primary, err);

	if (r >= 0)
		r = gpt_parse_backup(disk, &backup, err);
	if (r >= 0)
		r = gpt_check_same(&primary, &backup, err);
	if (r < 0)
		return r;
	*ret = primary;
	return 0;
}

const struct gpt_entry *gpt_find_type(const struct gpt *g, const struct guid *type)
{
	for (size_t i = 0; i < g->n_entries; i++)
		if (guid_equal(&g->entries[i].partition_type_guid, type))
			return &g->entries[i];
	return NULL;
}

void gpt_entry_range(const struct gpt_entry *e, uint64_t *ret_offset, uint64_t *ret_size)
{
	*ret_offset = e->starting_lba * GPT_SECTOR_SIZE;
	*ret_size = (e->ending_lba - e->starting_lba + 1) * GPT_SECTOR_SIZE;
}
