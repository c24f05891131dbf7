#include "test.h"

#include <errno.h>

#include "formats/fat.h"

#define SECTOR 512u
#define FILE_SIZE 1100u /* three clusters of one sector */

/* A small volume: reserved 1, FATs 1, root directory 16 entries (1 sector), one sector a cluster. */
struct sample {
	uint8_t *bytes;
	size_t n;
	size_t table;
	size_t root;
	size_t data;
};

static void put_name(uint8_t *entry, const char *name, uint8_t attributes, uint16_t cluster,
		     uint32_t size)
{
	memcpy(entry, name, 11);
	entry[11] = attributes;
	put_le16(entry + 26, cluster);
	put_le32(entry + 28, size);
}

/* `table_sectors` and `clusters` decide the type. The root holds SUB (cluster 2) with FILE.BIN, in
 * the clusters 3, 5, 4. */
static struct sample make_volume(uint32_t clusters, uint16_t table_sectors)
{
	struct sample s = {.table = SECTOR, .root = SECTOR * (1u + table_sectors)};
	uint8_t *b;

	s.data = s.root + SECTOR;
	s.n = s.data + (size_t)clusters * SECTOR;
	s.bytes = b = calloc(1, s.n);
	assert_non_null(b);
	put_le16(b + 11, SECTOR);
	b[13] = 1;
	put_le16(b + 14, 1);
	b[16] = 1;
	put_le16(b + 17, 16);
	put_le16(b + 22, table_sectors);
	put_le32(b + 32, (uint32_t)(s.n / SECTOR));
	put_le32(b + 39, 0x1234abcd);
	put_le16(b + 510, 0xaa55);
	put_name(b + s.root, "LABEL      ", 0x08, 0, 0);
	put_name(b + s.root + 32,
		 "\xe5"
		 "ELETED    ",
		 0x20, 9, 9);
	put_name(b + s.root + 64, "SUB        ", 0x10, 2, 0);
	put_name(b + s.data, ".          ", 0x10, 2, 0);
	put_name(b + s.data + 32, "..         ", 0x10, 0, 0);
	put_name(b + s.data + 64, "FILE    BIN", 0x20, 3, FILE_SIZE);
	memset(b + s.data + SECTOR, 'a', SECTOR);
	memset(b + s.data + 3 * (size_t)SECTOR, 'b', SECTOR);
	memset(b + s.data + 2 * (size_t)SECTOR, 'c', SECTOR);
	return s;
}

static void set_fat12(const struct sample *s, uint32_t cluster, uint16_t value)
{
	uint8_t *p = s->bytes + s->table + cluster + cluster / 2;

	if (cluster & 1)
		put_le16(p, (uint16_t)((get_le16(p) & 0xf) | value << 4));
	else
		put_le16(p, (uint16_t)((get_le16(p) & 0xf000) | value));
}

static void set_fat16(const struct sample *s, uint32_t cluster, uint16_t value)
{
	put_le16(s->bytes + s->table + 2 * (size_t)cluster, value);
}

static struct sample make_fat16(void)
{
	struct sample s = make_volume(4085, 16);

	set_fat16(&s, 2, 0xffff);
	set_fat16(&s, 3, 5);
	set_fat16(&s, 5, 4);
	set_fat16(&s, 4, 0xfff8);
	return s;
}

static struct sample make_fat12(void)
{
	struct sample s = make_volume(4084, 12);

	set_fat12(&s, 2, 0xfff);
	set_fat12(&s, 3, 5);
	set_fat12(&s, 5, 4);
	set_fat12(&s, 4, 0xff8);
	return s;
}

static void assert_holds_file(const struct sample *s, enum fat_type type)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(FILE_SIZE);
	struct error *err = NULL;
	struct fat_file file;
	struct span mapped;
	struct fat f;

	assert_done(fat_open(SPAN(s->bytes, s->n), &f, &err), &err);
	assert_int_equal(f.type, type);
	assert_int_equal(f.volume_id, 0x1234abcd);
	assert_done(fat_find(&f, "sub/file.bin", &file, &err), &err);
	assert_int_equal(file.size, FILE_SIZE);
	assert_done(fat_read(&f, &file, &b, &err), &err);
	assert_int_equal(b.n, FILE_SIZE);
	assert_true(b.p[0] == 'a' && b.p[511] == 'a' && b.p[512] == 'b' && b.p[1023] == 'b');
	assert_true(b.p[1024] == 'c' && b.p[1099] == 'c');
	assert_false(fat_map(&f, &file, &mapped));
}

static void test_fat12_and_fat16(void **state)
{
	struct sample twelve = make_fat12(), sixteen = make_fat16();

	(void)state;
	assert_holds_file(&twelve, FAT12);
	assert_holds_file(&sixteen, FAT16);
	free(twelve.bytes);
	free(sixteen.bytes);
}

static void test_lookups(void **state)
{
	static const struct {
		const char *path, *message;
		int code;
	} cases[] = {
		{"nothing", "FAT: no 'nothing'", ENOENT},
		{"sub/nothing", "FAT: no 'nothing'", ENOENT},
		{"label", "FAT: no 'label'", ENOENT},
		{"sub/file.bin/x", "FAT: not a directory", ENOTDIR},
		{"/sub", "FAT: '/sub' is not a relative path", EINVAL},
		{"sub/../sub", "FAT: 'sub/../sub' is not a relative path", EINVAL},
	};
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1000);
	struct sample s = make_fat16();
	struct error *err = NULL;
	struct fat_file file;
	struct fat f;

	(void)state;
	assert_done(fat_open(SPAN(s.bytes, s.n), &f, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_failed(fat_find(&f, cases[i].path, &file, &err), cases[i].code,
			      cases[i].message, &err);
	assert_done(fat_find(&f, "", &file, &err), &err);
	assert_done(fat_list(&f, &file, &names, &err), &err);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.items[0], "SUB");
	assert_failed(fat_read(&f, &file, &b, &err), EISDIR, "FAT: a directory has no content",
		      &err);
	assert_done(fat_find(&f, "SUB/FILE.BIN", &file, &err), &err);
	assert_failed(fat_list(&f, &file, &names, &err), ENOTDIR, "FAT: not a directory", &err);
	assert_failed(fat_read(&f, &file, &b, &err), EFBIG,
		      "FAT: the chain from cluster 3 has more than 1000 bytes", &err);
	free(s.bytes);
}

/* Chains that end early, leave the volume, or never end. */
static void test_bad_chains(void **state)
{
	static const struct {
		uint32_t cluster;
		uint16_t value;
		const char *path, *message;
	} cases[] = {
		{5, 0xffff, "SUB/FILE.BIN", "FAT: the chain from cluster 3 leads to 65535"},
		{5, 0, "SUB/FILE.BIN", "FAT: the chain from cluster 3 leads to 0"},
		{5, 1, "SUB/FILE.BIN", "FAT: the chain from cluster 3 leads to 1"},
		{5, 4087, "SUB/FILE.BIN", "FAT: the chain from cluster 3 leads to 4087"},
	};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1u << 20);
	struct error *err = NULL;
	struct fat_file file;
	struct fat f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample s = make_fat16();

		set_fat16(&s, cases[i].cluster, cases[i].value);
		assert_done(fat_open(SPAN(s.bytes, s.n), &f, &err), &err);
		assert_done(fat_find(&f, cases[i].path, &file, &err), &err);
		assert_failed(fat_read(&f, &file, &b, &err), ERROR_MALFORMED, cases[i].message,
			      &err);
		free(s.bytes);
	}

	struct sample s = make_fat16();

	set_fat16(&s, 2, 2);
	assert_done(fat_open(SPAN(s.bytes, s.n), &f, &err), &err);
	assert_failed(fat_find(&f, "SUB/FILE.BIN", &file, &err), ERROR_MALFORMED,
		      "FAT: the chain from cluster 2 is a loop", &err);
	set_fat16(&s, 2, 0xffff);
	put_le32(s.bytes + s.data + 64 + 28, UINT32_MAX);
	set_fat16(&s, 4, 3);
	b.max = UINT32_MAX;
	assert_done(fat_find(&f, "SUB/FILE.BIN", &file, &err), &err);
	assert_failed(fat_read(&f, &file, &b, &err), ERROR_MALFORMED,
		      "FAT: the chain from cluster 3 is a loop", &err);
	free(s.bytes);
}

static void test_bad_boot_sectors(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
		size_t size;
		const char *message;
	} cases[] = {
		{510, 0, 1, "FAT: the boot sector has no signature"},
		{11, 256, 2, "FAT: sectors of 256 bytes"},
		{11, 1000, 2, "FAT: sectors of 1000 bytes"},
		{11, 8192, 2, "FAT: sectors of 8192 bytes"},
		{13, 0, 1, "FAT: clusters of 0 sectors"},
		{13, 3, 1, "FAT: clusters of 3 sectors"},
		{14, 0, 2, "FAT: 0 reserved sectors, 1 FATs of 16 sectors"},
		{16, 0, 1, "FAT: 1 reserved sectors, 0 FATs of 16 sectors"},
		{22, 15, 2, "FAT: the table is too small for 4086 clusters"},
		{32, 4104, 4,
		 "FAT: the volume has 2101248 bytes, but 2100736 are here and the data begin at "
		 "9216"},
		{32, 10, 4,
		 "FAT: the volume has 5120 bytes, but 2100736 are here and the data begin at 9216"},
		{17, 0, 2, "FAT: 4086 clusters do not fit the boot sector's layout"},
	};
	struct error *err = NULL;
	struct fat f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample s = make_fat16();
		uint8_t value[4];

		put_le32(value, cases[i].value);
		memcpy(s.bytes + cases[i].offset, value, cases[i].size);
		assert_failed(fat_open(SPAN(s.bytes, s.n), &f, &err), ERROR_MALFORMED,
			      cases[i].message, &err);
		free(s.bytes);
	}
	assert_failed(fat_open(SPAN(NULL, 0), &f, &err), ERROR_MALFORMED,
		      "FAT: 0 bytes are too few", &err);
}

/* A long name counts only if it is whole and belongs to the short name after it. */
static void test_long_names(void **state)
{
	static const char short_name[] = "SHORT   TXT";
	struct sample s = make_fat16();
	uint8_t *e = s.bytes + s.root + 96;
	struct error *err = NULL;
	struct fat_file file;
	uint8_t sum = 0;
	struct fat f;

	(void)state;
	for (size_t i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + (uint8_t)short_name[i]);
	memset(e, 0xff, 32);
	e[0] = 0x41;
	put_le16(e + 1, 'l');
	put_le16(e + 3, 'g');
	put_le16(e + 5, 0xe9);
	put_le16(e + 7, 0);
	e[11] = 0x0f;
	e[13] = sum;
	put_name(e + 32, short_name, 0x20, 0, 0);
	assert_done(fat_open(SPAN(s.bytes, s.n), &f, &err), &err);
	assert_done(fat_find(&f, "LG?", &file, &err), &err);
	assert_done(fat_find(&f, "short.txt", &file, &err), &err);
	e[13]++;
	assert_failed(fat_find(&f, "LG?", &file, &err), ENOENT, "FAT: no 'LG?'", &err);
	e[13]--;
	e[0] = 0x42; /* its first part is missing */
	assert_failed(fat_find(&f, "LG?", &file, &err), ENOENT, "FAT: no 'LG?'", &err);
	e[0] = 0x7f; /* more parts than a name can have */
	assert_failed(fat_find(&f, "LG?", &file, &err), ENOENT, "FAT: no 'LG?'", &err);
	free(s.bytes);
}

/* FILE.BIN lies in the clusters 3, 5, 4. */
static void test_locate(void **state)
{
	struct sample s = make_fat16();
	struct error *err = NULL;
	struct fat_file file, folder;
	uint64_t at;
	struct fat f;

	(void)state;
	assert_done(fat_open(SPAN(s.bytes, s.n), &f, &err), &err);
	assert_done(fat_find(&f, "SUB/FILE.BIN", &file, &err), &err);
	assert_done(fat_find(&f, "SUB", &folder, &err), &err);
	assert_true(fat_locate(&f, &file, 0, &at));
	assert_int_equal(at, s.data + SECTOR);
	assert_true(fat_locate(&f, &file, SECTOR + 7, &at));
	assert_int_equal(at, s.data + 3 * (size_t)SECTOR + 7);
	assert_true(fat_locate(&f, &file, FILE_SIZE - 1, &at));
	assert_int_equal(s.bytes[at], 'c');
	assert_false(fat_locate(&f, &file, FILE_SIZE, &at));
	assert_false(fat_locate(&f, &folder, 0, &at));
	free(s.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_locate),		 cmocka_unit_test(test_fat12_and_fat16),
		cmocka_unit_test(test_lookups),		 cmocka_unit_test(test_bad_chains),
		cmocka_unit_test(test_bad_boot_sectors), cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
