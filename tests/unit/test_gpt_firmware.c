#include "test.h"

#include "formats/crc32.h"
#include "formats/gpt_firmware.h"
#include "formats/gpt_parts.h"

#define SECTORS 2048u

static const uint32_t sizes[] = {512, 4096};

struct disk {
	uint8_t *bytes;
	uint32_t sector; /* bytes */
};

static void disk_release(struct disk *d)
{
	free(d->bytes);
}

static struct span disk_span(const struct disk *d)
{
	return SPAN(d->bytes, (size_t)SECTORS * d->sector);
}

static uint8_t *header(const struct disk *d)
{
	return d->bytes + d->sector;
}

/* Entry `slot` of the primary array, from 0. */
static uint8_t *entry(const struct disk *d, size_t slot)
{
	return d->bytes + 2 * (size_t)d->sector + slot * GPT_ENTRY_SIZE;
}

static void set_entry(const struct disk *d, size_t slot, uint64_t first, uint64_t last)
{
	memset(entry(d, slot), 0x11, 32);
	put_le64(entry(d, slot) + 32, first);
	put_le64(entry(d, slot) + 40, last);
}

/* Makes the checksums right. */
static void mend(const struct disk *d)
{
	uint32_t slots = get_le32(header(d) + 80), size = get_le32(header(d) + 84);

	put_le32(header(d) + 88, crc32_of(SPAN(entry(d, 0), (size_t)slots * size)));
	put_le32(header(d) + 16, 0);
	put_le32(header(d) + 16, crc32_of(SPAN(header(d), get_le32(header(d) + 12))));
}

/* A disk with a protective MBR, a primary table and the partitions 40 to 99 and 100 to 199. */
static struct disk make_disk(uint32_t sector)
{
	struct disk d = {calloc(SECTORS, sector), sector};

	assert_non_null(d.bytes);
	d.bytes[MBR_PARTITION_OFFSET + 4] = MBR_OS_TYPE_GPT;
	put_le32(d.bytes + MBR_PARTITION_OFFSET + 8, 1);
	memcpy(header(&d), GPT_SIGNATURE, 8);
	put_le32(header(&d) + 8, 0x10000);
	put_le32(header(&d) + 12, GPT_HEADER_SIZE);
	put_le64(header(&d) + 24, 1);
	put_le64(header(&d) + 32, SECTORS - 1);
	put_le64(header(&d) + 40, 34);
	put_le64(header(&d) + 48, SECTORS - 40);
	put_le64(header(&d) + 72, 2);
	put_le32(header(&d) + 80, 128);
	put_le32(header(&d) + 84, GPT_ENTRY_SIZE);
	set_entry(&d, 0, 40, 99);
	set_entry(&d, 1, 100, 199);
	mend(&d);
	return d;
}

/* Writes the backup that belongs to the primary. */
static void add_backup(const struct disk *d)
{
	size_t array_sectors = 128 * GPT_ENTRY_SIZE / d->sector;
	uint8_t *backup = d->bytes + (size_t)(SECTORS - 1) * d->sector;

	memcpy(backup - array_sectors * d->sector, entry(d, 0), array_sectors * d->sector);
	memcpy(backup, header(d), GPT_HEADER_SIZE);
	put_le64(backup + 24, SECTORS - 1);
	put_le64(backup + 32, 1);
	put_le64(backup + 72, SECTORS - 1 - array_sectors);
	put_le32(backup + 16, 0);
	put_le32(backup + 16, crc32_of(SPAN(backup, GPT_HEADER_SIZE)));
}

static void expect_faults(const struct disk *d, const enum gpt_fault *faults, size_t n)
{
	_cleanup_error_ struct error *err = NULL;
	struct gpt_firmware f;

	mend(d);
	assert_done(gpt_firmware_parse(disk_span(d), &f, &err), &err);
	assert_int_equal(f.table.n_entries, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(f.faults[i], faults[i]);
}

static void takes_both_sizes_of_sectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_(disk_release) struct disk d = make_disk(sizes[i]);
		_cleanup_error_ struct error *err = NULL;
		struct gpt_firmware f;
		uint64_t offset, size;

		assert_int_equal(gpt_sector_size(disk_span(&d)), sizes[i]);
		assert_done(gpt_firmware_parse(disk_span(&d), &f, &err), &err);
		assert_done(gpt_firmware_check(disk_span(&d), &f.table, &err), &err);
		assert_int_equal(f.table.sector_size, sizes[i]);
		assert_int_equal(f.table.n_entries, 2);
		assert_true(gpt_firmware_range(&f.table, &f.table.entries[1], &offset, &size));
		assert_int_equal(offset, 100 * sizes[i]);
		assert_int_equal(size, 100 * sizes[i]);
		add_backup(&d);
		assert_done(gpt_firmware_check_backup(disk_span(&d), &f.table, &err), &err);
		assert_done(gpt_firmware_parse_backup(disk_span(&d), sizes[i], &f, &err), &err);
		assert_int_equal(f.table.n_entries, 2);
	}
}

/* The header's words about the end of the disk, and GUIDs that are not unique. */
static void takes_what_does_not_matter_to_it(void **state)
{
	(void)state;
	static const enum gpt_fault good[] = {GPT_FAULT_NONE, GPT_FAULT_NONE};
	_cleanup_(disk_release) struct disk d = make_disk(512);
	_cleanup_error_ struct error *err = NULL;
	struct gpt_firmware f;

	put_le64(header(&d) + 32, 999999999);
	put_le64(header(&d) + 48, 999999999);
	expect_faults(&d, good, 2);
	memset(entry(&d, 0) + 16, 0, 16);
	memset(entry(&d, 1) + 16, 0, 16);
	expect_faults(&d, good, 2);
	assert_done(gpt_firmware_parse(disk_span(&d), &f, &err), &err);
	assert_failed(gpt_firmware_check_backup(disk_span(&d), &f.table, &err), ERROR_MALFORMED,
		      "backup GPT: the signature is not 'EFI PART'", &err);
	add_backup(&d);
	assert_failed(gpt_firmware_check_backup(disk_span(&d), &f.table, &err), ERROR_MALFORMED,
		      "the primary and the backup GPT differ", &err);
}

static void skips_bad_entries(void **state)
{
	(void)state;
	static const enum gpt_fault outside[] = {GPT_FAULT_NONE, GPT_FAULT_OUTSIDE},
				    before[] = {GPT_FAULT_OUTSIDE, GPT_FAULT_NONE},
				    both[] = {GPT_FAULT_OVERLAP, GPT_FAULT_OVERLAP},
				    first[] = {GPT_FAULT_OVERLAP, GPT_FAULT_OUTSIDE},
				    hidden[] = {GPT_FAULT_NONE, GPT_FAULT_HIDDEN};
	_cleanup_(disk_release) struct disk d = make_disk(512);
	struct gpt_entry nowhere = {.starting_lba = 200, .ending_lba = 199};
	struct gpt g = {.sector_size = 512};
	uint64_t offset, size;

	set_entry(&d, 1, SECTORS - 40, SECTORS - 39);
	expect_faults(&d, outside, 2);
	set_entry(&d, 1, 200, 199);
	expect_faults(&d, outside, 2);
	set_entry(&d, 1, 99, 199);
	expect_faults(&d, both, 2);
	/* What is outside is only held against those before it. */
	set_entry(&d, 1, 50, SECTORS);
	expect_faults(&d, first, 2);
	set_entry(&d, 0, 33, 150);
	set_entry(&d, 1, 100, 199);
	expect_faults(&d, before, 2);
	set_entry(&d, 0, 40, 99);
	put_le64(entry(&d, 1) + 48, 2);
	expect_faults(&d, hidden, 2);

	assert_false(gpt_firmware_range(&g, &nowhere, &offset, &size));
	nowhere.ending_lba = UINT64_MAX;
	assert_false(gpt_firmware_range(&g, &nowhere, &offset, &size));
	assert_null(gpt_fault_text(GPT_FAULT_NONE));
}

static void refuses_damage(void **state)
{
	(void)state;
	_cleanup_(disk_release) struct disk d = make_disk(4096);
	_cleanup_error_ struct error *err = NULL;
	struct gpt_firmware f;

	header(&d)[60] ^= 1;
	assert_failed(gpt_firmware_parse(disk_span(&d), &f, &err), ERROR_MALFORMED,
		      "primary GPT: the header's CRC is wrong", &err);
	header(&d)[60] ^= 1;
	entry(&d, 0)[56] ^= 1;
	assert_failed(gpt_firmware_parse(disk_span(&d), &f, &err), ERROR_MALFORMED,
		      "primary GPT: the entry array's CRC is wrong", &err);
	put_le32(header(&d) + 12, 4097);
	assert_failed(gpt_firmware_parse(disk_span(&d), &f, &err), ERROR_MALFORMED,
		      "primary GPT: the header size is 4097", &err);
	put_le32(header(&d) + 12, 4096);
	put_le64(header(&d) + 72, UINT64_MAX);
	mend(&d);
	assert_failed(
		gpt_firmware_parse(disk_span(&d), &f, &err), ERROR_MALFORMED,
		"primary GPT: the entry array at sector 18446744073709551615 lies outside the "
		"bytes given",
		&err);
	assert_int_equal(gpt_sector_size(SPAN(d.bytes, 4103)), 0);
	assert_failed(gpt_firmware_parse_backup(SPAN(d.bytes, 4095), 4096, &f, &err),
		      ERROR_MALFORMED, "backup GPT: 4095 bytes are too few", &err);
}

static void refuses_what_firmware_does_not_look_at(void **state)
{
	(void)state;
	static const char no_mbr[] = "no protective MBR: firmware takes no GPT without one";
	_cleanup_(disk_release) struct disk d = make_disk(512);
	_cleanup_error_ struct error *err = NULL;
	uint8_t *record = d.bytes + MBR_PARTITION_OFFSET;
	struct gpt_firmware f;

	assert_done(gpt_firmware_parse(disk_span(&d), &f, &err), &err);
	/* Of a hybrid MBR, and bootable. */
	memcpy(record + 3 * 16, record, 16);
	memset(record, 0, 16);
	record[3 * 16] = 0x80;
	assert_done(gpt_firmware_check(disk_span(&d), &f.table, &err), &err);
	put_le32(record + 3 * 16 + 8, 2);
	assert_failed(gpt_firmware_check(disk_span(&d), &f.table, &err), ERROR_MALFORMED, no_mbr,
		      &err);
	memset(record, 0, 64);
	assert_failed(gpt_firmware_check(disk_span(&d), &f.table, &err), ERROR_MALFORMED, no_mbr,
		      &err);
	record[4] = MBR_OS_TYPE_GPT;
	record[8] = 1;
	put_le64(header(&d) + 40, 2);
	mend(&d);
	assert_done(gpt_firmware_parse(disk_span(&d), &f, &err), &err);
	assert_failed(gpt_firmware_check(disk_span(&d), &f.table, &err), ERROR_MALFORMED,
		      "primary GPT: the entry array at sector 2 is not before the first usable "
		      "sector 2: not every firmware measures it",
		      &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_both_sizes_of_sectors),
		cmocka_unit_test(takes_what_does_not_matter_to_it),
		cmocka_unit_test(skips_bad_entries),
		cmocka_unit_test(refuses_damage),
		cmocka_unit_test(refuses_what_firmware_does_not_look_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
