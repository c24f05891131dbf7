#include "test.h"

#include <errno.h>

#include "formats/erofs_superblock.h"
#include "formats/verity_superblock.h"
#include "guest/init/init.h"

#define HASH "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"

static struct root_hash sample_hash(void)
{
	struct root_hash hash;

	assert_true(hex_decode(span_string(HASH), hash.bytes, sizeof hash.bytes));
	return hash;
}

static void test_root_hash(void **state)
{
	static const char *const good[] = {
		"roothash=" HASH,
		"console=ttyS0 roothash=" HASH "\n",
		"xroothash=1\troothash=" HASH " quiet",
	};
	struct root_hash expected = sample_hash(), hash;
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		memset(&hash, 0, sizeof hash);
		assert_done(command_line_root_hash(span_string(good[i]), &hash, &err), &err);
		assert_memory_equal(hash.bytes, expected.bytes, sizeof hash.bytes);
	}
}

static void test_root_hash_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "command line: no roothash="},
		{"quiet Roothash=" HASH, "command line: no roothash="},
		{"roothash=", "command line: roothash= is not 64 hexadecimal digits"},
		{"roothash=" HASH "0", "command line: roothash= is not 64 hexadecimal digits"},
		{"roothash=g" HASH, "command line: roothash= is not 64 hexadecimal digits"},
		{"roothash=" HASH " roothash=" HASH, "command line: two roothash="},
	};
	struct root_hash hash;
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_failed(command_line_root_hash(span_string(cases[i].text), &hash, &err),
			      ERROR_MALFORMED, cases[i].message, &err);
}

static void test_partition_guids(void **state)
{
	struct root_hash hash = sample_hash();
	struct guid root, verity;
	char text[GUID_TEXT_SIZE];

	(void)state;
	partition_guids(&hash, &root, &verity);
	guid_format(&root, text);
	assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
	guid_format(&verity, text);
	assert_string_equal(text, "01234567-89ab-cdef-fedc-ba9876543210");
}

static void test_partition_find(void **state)
{
	struct root_hash hash = sample_hash();
	_cleanup_free_ struct gpt *table = calloc(1, sizeof *table);
	struct guid root, verity;

	(void)state;
	assert_non_null(table);
	partition_guids(&hash, &root, &verity);
	table->n_entries = 2;
	table->entries[1].unique_partition_guid = verity;
	/* Beyond the entries in use. */
	table->entries[2].unique_partition_guid = root;
	assert_ptr_equal(partition_find(table, &verity), &table->entries[1]);
	assert_null(partition_find(table, &root));
}

static void test_modules_list(void **state)
{
	struct reader list =
		reader_init(span_string("dm-mod.ko\ndm-verity.ko dm-bufio.ko dm-mod.ko\n"));
	_cleanup_(string_list_release) struct string_list loaded = {0};
	struct module_line line;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(modules_next(&list, &line, &err), 1);
	assert_true(span_equal(line.name, span_string("dm-mod.ko")));
	assert_true(modules_needs_met(line.needs, &loaded));
	assert_int_equal(string_list_add(&loaded, "dm-mod.ko"), 0);
	assert_int_equal(modules_next(&list, &line, &err), 1);
	assert_true(span_equal(line.name, span_string("dm-verity.ko")));
	assert_false(modules_needs_met(line.needs, &loaded));
	assert_int_equal(string_list_add(&loaded, "dm-bufio.ko"), 0);
	assert_true(modules_needs_met(line.needs, &loaded));
	assert_int_equal(modules_next(&list, &line, &err), 0);
}

static void test_modules_list_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"\n", "/modules.list: '' is not a name"},
		{"../init", "/modules.list: '../init' is not a name"},
		{"a/b.ko c", "/modules.list: 'a/b.ko' is not a name"},
	};
	struct module_line line;
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reader list = reader_init(span_string(cases[i].text));

		assert_failed(modules_next(&list, &line, &err), ERROR_MALFORMED, cases[i].message,
			      &err);
	}
}

static const struct block_device root_device = {"/dev/vda2", 3 * 4096};
static const struct block_device verity_device = {"/dev/vda3", 8192};

static int table(const struct verity_parameters *p, const struct block_device *root,
		 char ret[VERITY_TABLE_MAX], uint64_t *ret_sectors, struct error **err)
{
	uint8_t superblock[VERITY_BLOCK_SIZE];
	struct root_hash hash = sample_hash();

	verity_encode_superblock(p, superblock);
	return verity_table(SPAN(superblock, sizeof superblock), &hash, root, &verity_device, ret,
			    ret_sectors, err);
}

static void test_verity_table(void **state)
{
	const struct verity_parameters salted = {
		.data_blocks = 3,
		.salt = {0xab, 0xcd},
		.salt_size = 2,
	};
	const struct verity_parameters plain = {.data_blocks = 2};
	struct verity_parameters longest = {.data_blocks = 3, .salt_size = VERITY_SALT_MAX};
	char text[VERITY_TABLE_MAX];
	struct error *err = NULL;
	uint64_t sectors;

	(void)state;
	assert_done(table(&salted, &root_device, text, &sectors, &err), &err);
	assert_string_equal(text, "1 /dev/vda2 /dev/vda3 4096 4096 3 1 sha256 " HASH
				  " abcd 2 panic_on_corruption panic_on_error");
	assert_int_equal(sectors, 24);
	assert_done(table(&plain, &root_device, text, &sectors, &err), &err);
	assert_string_equal(text, "1 /dev/vda2 /dev/vda3 4096 4096 2 1 sha256 " HASH
				  " - 2 panic_on_corruption panic_on_error");
	assert_done(table(&longest, &root_device, text, &sectors, &err), &err);
	assert_non_null(strstr(text, " 2 panic_on_corruption panic_on_error"));
}

static void test_verity_table_refused(void **state)
{
	const struct verity_parameters p = {.data_blocks = 4};
	const uint8_t zeros[VERITY_BLOCK_SIZE] = {0};
	struct root_hash hash = sample_hash();
	char text[VERITY_TABLE_MAX];
	struct error *err = NULL;
	uint64_t sectors;

	(void)state;
	assert_failed(table(&p, &root_device, text, &sectors, &err), ERROR_MALFORMED,
		      "/dev/vda3: more data blocks than '/dev/vda2' holds", &err);
	assert_failed(verity_table(SPAN(zeros, sizeof zeros), &hash, &root_device, &verity_device,
				   text, &sectors, &err),
		      ERROR_MALFORMED, "/dev/vda3: verity: the signature is not 'verity'", &err);
}

/* A host that shortens the device, or lengthens it, changes what is read at its end. */
static void test_verity_size(void **state)
{
	uint8_t first[VERITY_BLOCK_SIZE] = {0};
	struct error *err = NULL;

	(void)state;
	put_le32(first + 1024, EROFS_SUPER_MAGIC);
	first[1024 + 12] = 12;
	put_le32(first + 1024 + 36, 3);
	assert_done(verity_check_size(SPAN(first, sizeof first), 24, &err), &err);
	assert_failed(
		verity_check_size(SPAN(first, sizeof first), 16, &err), ERROR_MALFORMED,
		"the verity superblock covers 8192 bytes, the file system has 12288: the disk "
		"was changed",
		&err);
	assert_failed(verity_check_size(SPAN(first, sizeof first), 32, &err), ERROR_MALFORMED,
		      "the verity superblock covers 16384 bytes, the file system has 12288: the "
		      "disk was changed",
		      &err);
	first[1024 + 12] = 17;
	assert_failed(verity_check_size(SPAN(first, sizeof first), 24, &err), ERROR_MALFORMED,
		      "EROFS: blocks of 2^17 bytes", &err);
	assert_failed(verity_check_size(SPAN(first, EROFS_SUPERBLOCK_END - 1), 24, &err),
		      ERROR_MALFORMED, "EROFS: no superblock", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root_hash),	cmocka_unit_test(test_root_hash_refused),
		cmocka_unit_test(test_partition_guids), cmocka_unit_test(test_partition_find),
		cmocka_unit_test(test_modules_list),	cmocka_unit_test(test_modules_list_refused),
		cmocka_unit_test(test_verity_table),	cmocka_unit_test(test_verity_table_refused),
		cmocka_unit_test(test_verity_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
