#include "test.h"

#include <errno.h>

#include "base/buffer.h"
#include "formats/crc32.h"
#include "formats/gpt.h"

#define SECTORS 2048u
#define HEADER(disk) ((disk) + GPT_SECTOR_SIZE)
#define BACKUP_HEADER(disk) ((disk) + (SECTORS - 1) * (size_t)GPT_SECTOR_SIZE)

static struct guid guid_of(const char *text)
{
	struct guid g;

	assert_true(guid_parse(text, &g));
	return g;
}

static struct gpt sample(void)
{
	struct gpt g = {
		.disk_guid = guid_of("00112233-4455-6677-8899-aabbccddeeff"),
		.n_entries = 2,
		.entries =
			{
				{.starting_lba = 40, .ending_lba = 99, .partition_name = "esp"},
				{.starting_lba = 100,
				 .ending_lba = 2014,
				 .attributes = GPT_ATTRIBUTE_READ_ONLY,
				 .partition_name = "a name of thirty-six characters long"},
			},
	};

	g.entries[0].partition_type_guid = guid_of("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	g.entries[0].unique_partition_guid = guid_of("00000000-0000-0000-0000-000000000001");
	g.entries[1].partition_type_guid = guid_of("4f68bce3-e8cd-4db1-96e7-fbcaf984b709");
	g.entries[1].unique_partition_guid = guid_of("00000000-0000-0000-0000-000000000002");
	return g;
}

/* A disk with the layout; free() it. */
static uint8_t *make_disk(const struct gpt *layout)
{
	uint8_t *disk = calloc(SECTORS, GPT_SECTOR_SIZE);
	struct error *err = NULL;

	assert_non_null(disk);
	assert_done(gpt_encode(layout, SECTORS, disk,
			       disk + SECTORS * (size_t)GPT_SECTOR_SIZE - GPT_BACKUP_SIZE, &err),
		    &err);
	return disk;
}

static struct span disk_span(const uint8_t *disk)
{
	return SPAN(disk, SECTORS * (size_t)GPT_SECTOR_SIZE);
}

/* An independent CRC-32, to make damaged headers that are consistent. */
static void mend_header(uint8_t *header)
{
	uint32_t crc = UINT32_MAX;

	put_le32(header + 16, 0);
	for (size_t i = 0; i < 92 * 8; i++) {
		uint32_t bit = (header[i / 8] >> (i % 8) & 1) ^ (crc & 1);

		crc = crc >> 1 ^ (bit ? 0xedb88320 : 0);
	}
	put_le32(header + 16, ~crc);
}

static void test_round_trip(void **state)
{
	const struct gpt layout = sample();
	_cleanup_free_ uint8_t *disk = make_disk(&layout);
	struct error *err = NULL;
	struct gpt g;
	uint64_t offset, size;

	(void)state;
	assert_done(gpt_parse_disk(disk_span(disk), &g, &err), &err);
	assert_int_equal(g.my_lba, 1);
	assert_int_equal(g.alternate_lba, 2047);
	assert_int_equal(g.first_usable_lba, 34);
	assert_int_equal(g.last_usable_lba, 2014);
	assert_int_equal(g.header.n, 92);
	assert_int_equal(g.entry_array.n, 128 * 128);
	assert_int_equal(g.n_entries, 2);
	assert_memory_equal(g.entries, layout.entries, 2 * sizeof(g.entries[0]));
	assert_memory_equal(&g.disk_guid, &layout.disk_guid, 16);

	assert_ptr_equal(gpt_find_type(&g, &layout.entries[1].partition_type_guid), &g.entries[1]);
	assert_null(gpt_find_type(&g, &layout.disk_guid));
	gpt_entry_range(&g.entries[0], &offset, &size);
	assert_int_equal(offset, 40 * 512);
	assert_int_equal(size, 60 * 512);
}

static void test_protective_mbr(void **state)
{
	static const uint8_t expected[16] = {0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff,
					     1, 0, 0, 0, 0xff, 0x07, 0,	   0};
	static const uint8_t large[16] = {0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff,
					  1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
	uint8_t primary[GPT_PRIMARY_SIZE], backup[GPT_BACKUP_SIZE];
	const struct gpt layout = sample();
	_cleanup_free_ uint8_t *disk = make_disk(&layout);

	(void)state;
	assert_true(span_is_zero(SPAN(disk, 446)));
	assert_memory_equal(disk + 446, expected, 16);
	assert_true(span_is_zero(SPAN(disk + 462, 48)));
	assert_int_equal(get_le16(disk + 510), 0xaa55);
	assert_int_equal(gpt_encode(&layout, 1ull << 33, primary, backup, NULL), 0);
	assert_memory_equal(primary + 446, large, 16);
}

static void test_only_first_sectors(void **state)
{
	const struct gpt layout = sample();
	_cleanup_free_ uint8_t *disk = make_disk(&layout);
	struct error *err = NULL;
	struct gpt g;

	(void)state;
	assert_done(gpt_parse_primary(SPAN(disk, GPT_PRIMARY_SIZE), 0, &g, &err), &err);
	assert_int_equal(g.n_entries, 2);
	assert_failed(
		gpt_parse_primary(SPAN(disk, GPT_PRIMARY_SIZE - 1), 0, &g, &err), ERROR_MALFORMED,
		"primary GPT: the entry array at sector 2 lies outside the bytes given", &err);
	assert_failed(gpt_parse_primary(SPAN(disk, 1023), 0, &g, &err), ERROR_MALFORMED,
		      "primary GPT: 1023 bytes are too few", &err);
	assert_failed(gpt_parse_backup(SPAN(disk, 511), &g, &err), ERROR_MALFORMED,
		      "backup GPT: 511 bytes are too few", &err);
}

/* One field of the primary header changed, with a right CRC. */
static void test_bad_headers(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		size_t size;
		const char *message;
	} cases[] = {
		{0, 'X', 1, "primary GPT: the signature is not 'EFI PART'"},
		{8, 0x20000, 4, "primary GPT: the revision is 0x00020000, not 0x00010000"},
		{12, 91, 4, "primary GPT: the header size is 91"},
		{12, 513, 4, "primary GPT: the header size is 513"},
		{24, 7, 8, "primary GPT: the header says that it is sector 7, not 1"},
		{32, 2048, 8, "primary GPT: the other header's sector 2048 lies outside the disk"},
		{40, 2015, 8, "primary GPT: the usable sectors 2015 to 2014 lie outside the disk"},
		{48, 2048, 8, "primary GPT: the usable sectors 34 to 2048 lie outside the disk"},
		{48, 50, 8,
		 "primary GPT: partition 1: sectors 40 to 99 lie outside the usable 34 to 50"},
		{72, 2020, 8,
		 "primary GPT: the entry array at sector 2020 lies outside the bytes given"},
		{72, UINT64_MAX, 8,
		 "primary GPT: the entry array at sector 18446744073709551615 lies outside the "
		 "bytes given"},
		{72, 3, 8, "primary GPT: the entry array's CRC is wrong"},
		{80, 0, 4, "primary GPT: an array of 0 entries"},
		{80, 1025, 4, "primary GPT: an array of 1025 entries"},
		{84, 64, 4, "primary GPT: entries of 64 bytes"},
		{84, 384, 4, "primary GPT: entries of 384 bytes"},
		{84, 8192, 4, "primary GPT: entries of 8192 bytes"},
		{56, 9, 1, "the primary and the backup GPT differ"},
	};
	const struct gpt layout = sample();
	struct error *err = NULL;
	struct gpt g;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ uint8_t *disk = make_disk(&layout);
		uint8_t value[8];

		put_le64(value, cases[i].value);
		memcpy(HEADER(disk) + cases[i].offset, value, cases[i].size);
		mend_header(HEADER(disk));
		assert_failed(gpt_parse_disk(disk_span(disk), &g, &err), ERROR_MALFORMED,
			      cases[i].message, &err);
	}
}

static void test_bad_crc(void **state)
{
	const struct gpt layout = sample();
	_cleanup_free_ uint8_t *disk = make_disk(&layout);
	struct error *err = NULL;
	struct gpt g;

	(void)state;
	HEADER(disk)[60] ^= 1;
	assert_failed(gpt_parse_disk(disk_span(disk), &g, &err), ERROR_MALFORMED,
		      "primary GPT: the header's CRC is wrong", &err);
	HEADER(disk)[60] ^= 1;
	BACKUP_HEADER(disk)[60] ^= 1;
	assert_failed(gpt_parse_disk(disk_span(disk), &g, &err), ERROR_MALFORMED,
		      "backup GPT: the header's CRC is wrong", &err);
	assert_done(gpt_parse_primary(disk_span(disk), SECTORS, &g, &err), &err);
	BACKUP_HEADER(disk)[60] ^= 1;
	disk[2 * GPT_SECTOR_SIZE] ^= 1;
	assert_failed(gpt_parse_disk(disk_span(disk), &g, &err), ERROR_MALFORMED,
		      "primary GPT: the entry array's CRC is wrong", &err);
	assert_done(gpt_parse_backup(disk_span(disk), &g, &err), &err);
}

static void test_refused_layouts(void **state)
{
	uint8_t primary[GPT_PRIMARY_SIZE], backup[GPT_BACKUP_SIZE];
	struct error *err = NULL;
	struct gpt g;

	(void)state;
	g = sample();
	g.entries[1].starting_lba = 99;
	assert_failed(gpt_encode(&g, SECTORS, primary, backup, &err), ERROR_MALFORMED,
		      "partitions 1 and 2 overlap", &err);
	/* The other way round. */
	g = sample();
	g.entries[0].starting_lba = 100;
	g.entries[0].ending_lba = 2014;
	g.entries[1].starting_lba = 40;
	g.entries[1].ending_lba = 100;
	assert_failed(gpt_encode(&g, SECTORS, primary, backup, &err), ERROR_MALFORMED,
		      "partitions 1 and 2 overlap", &err);
	g = sample();
	g.entries[1].ending_lba = 2015;
	assert_failed(gpt_encode(&g, SECTORS, primary, backup, &err), ERROR_MALFORMED,
		      "partition 2: sectors 100 to 2015 lie outside the usable 34 to 2014", &err);
	g = sample();
	g.entries[0].starting_lba = 33;
	assert_failed(gpt_encode(&g, SECTORS, primary, backup, &err), ERROR_MALFORMED,
		      "partition 1: sectors 33 to 99 lie outside the usable 34 to 2014", &err);
	g = sample();
	g.entries[1].unique_partition_guid = g.entries[0].unique_partition_guid;
	assert_failed(gpt_encode(&g, SECTORS, primary, backup, &err), ERROR_MALFORMED,
		      "partitions 1 and 2 have the same unique GUID", &err);
	g = sample();
	g.entries[1].partition_type_guid = (struct guid){0};
	assert_failed(gpt_encode(&g, SECTORS, primary, backup, &err), EINVAL,
		      "partition 2: the type GUID is zero", &err);
	g = sample();
	memset(g.entries[0].partition_name, 'x', 37);
	assert_failed(gpt_encode(&g, SECTORS, primary, backup, &err), EINVAL,
		      "partition 1: the name is longer than 36 characters", &err);
	g = sample();
	g.entries[0].partition_name[0] = '\t';
	assert_failed(gpt_encode(&g, SECTORS, primary, backup, &err), EINVAL,
		      "partition 1: the name is not printable ASCII", &err);
	g = sample();
	assert_failed(gpt_encode(&g, 67, primary, backup, &err), EINVAL,
		      "a disk of 67 sectors cannot hold a GPT", &err);
	g.n_entries = 129;
	assert_failed(gpt_encode(&g, SECTORS, primary, backup, &err), EINVAL,
		      "more than 128 partitions", &err);
}

/* Names outside ASCII come from others: e-acute, a pair of surrogates, one without its partner. */
static void test_names(void **state)
{
	static const uint16_t units[] = {'a', 0xe9, 0xd83d, 0xde00, 0x20ac, 0xd800, 'z'};
	const struct gpt layout = sample();
	_cleanup_free_ uint8_t *disk = make_disk(&layout);
	uint8_t *array = disk + 2 * (size_t)GPT_SECTOR_SIZE;
	struct error *err = NULL;
	struct gpt g;
	uint32_t crc = UINT32_MAX;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		put_le16(array + 56 + 2 * i, units[i]);
	for (size_t i = 0; i < 128 * (size_t)128 * 8; i++)
		crc = crc >> 1 ^ (((array[i / 8] >> (i % 8) ^ crc) & 1) ? 0xedb88320 : 0);
	put_le32(HEADER(disk) + 88, ~crc);
	mend_header(HEADER(disk));
	assert_done(gpt_parse_primary(disk_span(disk), SECTORS, &g, &err), &err);
	assert_string_equal(g.entries[0].partition_name,
			    "a\xc3\xa9\xf0\x9f\x98\x80\xe2\x82\xac\xef\xbf\xbdz");
}

/* The check value that catalogues of checksums give, and that of nothing. */
static void test_crc32(void **state)
{
	(void)state;
	assert_int_equal(crc32_of(SPAN_LITERAL("123456789")), 0xcbf43926);
	assert_int_equal(crc32_of(SPAN_LITERAL("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_protective_mbr),
		cmocka_unit_test(test_only_first_sectors),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_bad_crc),
		cmocka_unit_test(test_crc32),
		cmocka_unit_test(test_refused_layouts),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
