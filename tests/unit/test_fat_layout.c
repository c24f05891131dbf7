#include "test.h"

#include <errno.h>

#include "formats/fat.h"
#include "formats/fat_layout.h"

static const struct fat_layout_options options = {
	.volume_id = 0xcafe1234,
	.volume_label = "ESP",
	.date = FAT_DATE_FIRST,
	.hidden_sectors = 2048,
};

/* Byte i of file k. */
static uint8_t pattern(uint64_t i, size_t k)
{
	return (uint8_t)(i / 256 + i + 7 * k);
}

/* The volume in memory; free() it. */
static uint8_t *materialise(const struct fat_layout *l)
{
	uint8_t *volume = calloc(1, l->size);
	uint64_t end = 0;

	assert_non_null(volume);
	for (size_t i = 0; i < l->n_pieces; i++) {
		const struct fat_piece *p = &l->pieces[i];

		assert_true(p->offset >= end);
		end = p->offset + p->size;
		assert_true(end <= l->size);
		if (p->bytes) {
			memcpy(volume + p->offset, p->bytes, p->size);
			continue;
		}
		for (uint64_t at = 0; at < p->size; at++)
			volume[p->offset + at] = pattern(at, p->file);
	}
	return volume;
}

static void assert_holds_file(const struct fat *f, const char *path, uint64_t size, size_t k)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(64u << 20);
	struct error *err = NULL;
	struct fat_file file;
	struct span mapped;

	assert_done(fat_find(f, path, &file, &err), &err);
	assert_false(file.is_directory);
	assert_int_equal(file.size, size);
	assert_done(fat_read(f, &file, &b, &err), &err);
	assert_int_equal(b.n, size);
	for (uint64_t i = 0; i < size; i++)
		assert_int_equal(b.p[i], pattern(i, k));
	assert_true(fat_map(f, &file, &mapped));
	assert_true(span_equal(mapped, buffer_span(&b)));
}

static void test_round_trip(void **state)
{
	static const struct fat_layout_file files[] = {
		{"EFI/BOOT/BOOTX64.EFI", 1000001},
		{"EFI/Linux/a kernel with a long name.efi", 512},
		{"EFI/Linux/A.EFI", 513},
		{"loader/loader.conf", 0},
		{"loader/a kernel with a long name.1", 1},
		{"loader/a kernel with a long name.2", 2},
		{"loader/.hidden", 3},
		{"loader/many.dots.in.name", 4},
	};
	static const char *const names[] = {"loader.conf", "a kernel with a long name.1",
					    "a kernel with a long name.2", ".hidden",
					    "many.dots.in.name"};
	_cleanup_(string_list_release) struct string_list list = {0};
	_cleanup_(fat_layout_release) struct fat_layout l = {0};
	struct error *err = NULL;
	struct fat_file directory;
	struct fat f;

	(void)state;
	assert_done(fat_layout_make(files, ARRAY_SIZE(files), &options, &l, &err), &err);

	_cleanup_free_ uint8_t *volume = materialise(&l);

	assert_done(fat_open(SPAN(volume, l.size), &f, &err), &err);
	assert_int_equal(f.type, FAT32);
	assert_int_equal(f.volume_id, 0xcafe1234);
	assert_int_equal(f.cluster_size, 512);
	assert_int_equal(f.count_of_clusters, l.count_of_clusters);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_holds_file(&f, files[i].path, files[i].size, i);
	assert_holds_file(&f, "efi/boot/bootx64.efi", files[0].size, 0);
	assert_holds_file(&f, "LOADER/AKERNE~1.1", 1, 4);

	assert_done(fat_find(&f, "loader", &directory, &err), &err);
	assert_done(fat_list(&f, &directory, &list, &err), &err);
	assert_int_equal(list.n, ARRAY_SIZE(names));
	for (size_t i = 0; i < list.n; i++)
		assert_string_equal(list.items[i], names[i]);
}

/* The smallest volume, one that is just full, and the border of Microsoft's table at 260 MiB. */
static void test_geometry(void **state)
{
	static const struct {
		uint64_t content_mib, size_mib;
		uint32_t cluster_size, clusters;
	} cases[] = {
		{0, 33, 512, 66512},	 {32, 33, 512, 66512},	  {33, 34, 512, 68528},
		{255, 260, 512, 524256}, {256, 257, 4096, 65659}, {1024, 1027, 4096, 262395},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fat_layout_file file = {"F", cases[i].content_mib << 20};
		_cleanup_(fat_layout_release) struct fat_layout l = {0};
		struct error *err = NULL;

		assert_done(fat_layout_make(&file, 1, &options, &l, &err), &err);
		assert_int_equal(l.size, cases[i].size_mib << 20);
		assert_int_equal(l.cluster_size, cases[i].cluster_size);
		assert_int_equal(l.count_of_clusters, cases[i].clusters);
		assert_true(l.clusters_used <= l.count_of_clusters);
	}
}

/* Room is left, and another file takes it without moving anything. */
static void test_reserve(void **state)
{
	/* Content that fills 33 MiB to the last cluster but a few. */
	const struct fat_layout_file files[] = {{"A/F", (32u << 20) + 4096}, {"A/file", 60000}};
	struct fat_layout_options with = options;
	_cleanup_(fat_layout_release) struct fat_layout tight = {0}, wide = {0}, both = {0};
	_cleanup_(fat_layout_release) struct fat_layout none = {0};
	struct error *err = NULL;
	struct fat f;

	(void)state;
	assert_done(fat_layout_make(files, 1, &options, &tight, &err), &err);
	assert_int_equal(tight.size, 33u << 20);
	with.reserve = 1u << 20;
	assert_done(fat_layout_make(files, 1, &with, &wide, &err), &err);
	assert_int_equal(wide.size, 34u << 20);
	assert_int_equal(wide.clusters_used, tight.clusters_used);
	assert_true((uint64_t)(wide.count_of_clusters - wide.clusters_used) * 512 >= with.reserve);

	with.reserve = 0;
	with.size = wide.size;
	assert_done(fat_layout_make(files, 2, &with, &both, &err), &err);
	assert_int_equal(both.size, wide.size);
	assert_int_equal(both.count_of_clusters, wide.count_of_clusters);
	assert_memory_equal(both.boot_region.p, wide.boot_region.p, 512);

	_cleanup_free_ uint8_t *volume = materialise(&both);

	assert_done(fat_open(SPAN(volume, both.size), &f, &err), &err);
	assert_holds_file(&f, "A/F", files[0].size, 0);
	assert_holds_file(&f, "A/file", files[1].size, 1);
	with.size = tight.size;
	with.reserve = 1u << 20;
	assert_failed(fat_layout_make(files, 1, &with, &none, &err), ENOSPC,
		      "FAT: the files do not fit into 34603008 bytes", &err);
}

/* Long name "long-name-file.x" as fatgen103 shows it: last part first, short name after. */
static void test_directory_bytes(void **state)
{
	/* clang-format off */
	static const uint8_t expected[4 * 32] = {
		'E', 'S', 'P', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', 0x08, 0, 0, 0, 0,
		0x21, 0, 0x21, 0, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0,
		0x42, 'e', 0, '.', 0, 'x', 0, 0, 0, 0xff, 0xff, 0x0f, 0, 0xc1, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff,
		0x01, 'l', 0, 'o', 0, 'n', 0, 'g', 0, '-', 0, 0x0f, 0, 0xc1, 'n', 0,
		'a', 0, 'm', 0, 'e', 0, '-', 0, 'f', 0, 0, 0, 'i', 0, 'l', 0,
		'L', 'O', 'N', 'G', '-', 'N', '~', '1', 'X', ' ', ' ', 0x20, 0, 0, 0, 0,
		0x21, 0, 0x21, 0, 0, 0, 0, 0, 0x21, 0, 3, 0, 5, 0, 0, 0,
	};
	/* clang-format on */
	const struct fat_layout_file file = {"long-name-file.x", 5};
	_cleanup_(fat_layout_release) struct fat_layout l = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(fat_layout_make(&file, 1, &options, &l, &err), &err);
	assert_int_equal(l.directories.n, 512);
	assert_memory_equal(l.directories.p, expected, sizeof(expected));
	assert_true(span_is_zero(SPAN(l.directories.p + sizeof(expected), 512 - sizeof(expected))));
}

static void test_boot_region(void **state)
{
	/* clang-format off */
	static const uint8_t start[90] = {
		0xeb, 0x58, 0x90, 'M', 'S', 'W', 'I', 'N', '4', '.', '1',
		0, 2, 1, 32, 0, 2, 0, 0, 0, 0, 0xf8, 0, 0, 63, 0, 255, 0, /* to BPB_NumHeads */
		0, 8, 0, 0, 0, 8, 1, 0,					   /* hidden, total sectors */
		0x08, 2, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 6, 0,	   /* to BPB_BkBootSec */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0x29,
		0x34, 0x12, 0xfe, 0xca, 'E', 'S', 'P', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ',
		'F', 'A', 'T', '3', '2', ' ', ' ', ' ',
	};
	/* clang-format on */
	const struct fat_layout_file file = {"F", 5};
	_cleanup_(fat_layout_release) struct fat_layout l = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(fat_layout_make(&file, 1, &options, &l, &err), &err);
	assert_int_equal(l.boot_region.n, 8 * 512);
	assert_memory_equal(l.boot_region.p, start, sizeof(start));
	assert_memory_equal(l.boot_region.p + 6 * 512, l.boot_region.p, 2 * 512);
	assert_int_equal(get_le32(l.boot_region.p + 512 + 488), 66512 - 2);
	assert_int_equal(get_le32(l.boot_region.p + 512 + 492), 4);
}

static void test_refused(void **state)
{
	static const struct {
		struct fat_layout_file files[2];
		size_t n;
		int code;
		const char *message;
	} cases[] = {
		{{{"/EFI", 1}}, 1, EINVAL, "FAT: '/EFI' is not a relative path"},
		{{{"a/../b", 1}}, 1, EINVAL, "FAT: 'a/../b' is not a relative path"},
		{{{"a:b", 1}}, 1, EINVAL, "FAT: 'a:b': character 0x3a cannot be in a name"},
		{{{"\xc3\xa9", 1}},
		 1,
		 EINVAL,
		 "FAT: '\xc3\xa9': character 0xc3 cannot be in a name"},
		{{{"a/b.", 1}},
		 1,
		 EINVAL,
		 "FAT: 'a/b.': a name begins with a blank or ends in a blank or dot"},
		{{{"a", 1ull << 32}},
		 1,
		 EFBIG,
		 "FAT: 'a': 4294967296 bytes are more than a file can have"},
		{{{"a", 1}, {"A", 1}}, 2, EEXIST, "FAT: 'A' clashes with another path at 'A'"},
		{{{"a", 1}, {"a/b", 1}}, 2, EEXIST, "FAT: 'a/b' clashes with another path at 'a'"},
		{{{"a/b", 1}, {"a", 1}}, 2, EEXIST, "FAT: 'a' clashes with another path at 'a'"},
		{{{"efi/b", 1}, {"EFI/c", 1}},
		 2,
		 EEXIST,
		 "FAT: 'EFI/c' clashes with another path at 'EFI'"},
	};
	struct fat_layout_options bad = options;
	struct error *err = NULL;
	struct fat_layout l;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_failed(fat_layout_make(cases[i].files, cases[i].n, &options, &l, &err),
			      cases[i].code, cases[i].message, &err);
	assert_failed(fat_layout_make(cases[0].files, 257, &options, &l, &err), EINVAL,
		      "FAT: more than 256 files", &err);
	bad.volume_label = "TWELVE CHARS";
	assert_failed(fat_layout_make(NULL, 0, &bad, &l, &err), EINVAL,
		      "FAT: the label 'TWELVE CHARS' is longer than 11 characters", &err);
	bad.volume_label = "low";
	assert_failed(fat_layout_make(NULL, 0, &bad, &l, &err), EINVAL,
		      "FAT: 'l' cannot be in the label 'low'", &err);
}

static void test_long_name_limit(void **state)
{
	char name[257];
	const struct fat_layout_file file = {name, 1};
	_cleanup_(fat_layout_release) struct fat_layout l = {0};
	_cleanup_free_ char *message = NULL;
	struct error *err = NULL;
	struct fat f;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	assert_done(fat_layout_make(&file, 1, &options, &l, &err), &err);

	_cleanup_free_ uint8_t *volume = materialise(&l);

	assert_done(fat_open(SPAN(volume, l.size), &f, &err), &err);
	assert_holds_file(&f, name, 1, 0);
	name[255] = 'n';
	name[256] = '\0';
	assert_true(asprintf(&message, "FAT: '%s': a name is longer than 255 characters", name) >
		    0);
	assert_failed(fat_layout_make(&file, 1, &options, &l, &err), EINVAL, message, &err);
}

/* More names of one beginning than single digits tell apart. */
static void test_short_name_tails(void **state)
{
	struct fat_layout_file files[12];
	char paths[12][32];
	_cleanup_(fat_layout_release) struct fat_layout l = {0};
	struct error *err = NULL;
	struct fat f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(paths[i], sizeof(paths[i]), "long beginning %zu.txt", i);
		files[i] = (struct fat_layout_file){paths[i], i};
	}
	/* This one has by right the name that the first would get. */
	files[11].path = "LONGBE~1.TXT";
	assert_done(fat_layout_make(files, ARRAY_SIZE(files), &options, &l, &err), &err);

	_cleanup_free_ uint8_t *volume = materialise(&l);

	assert_done(fat_open(SPAN(volume, l.size), &f, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_holds_file(&f, files[i].path, i, i);
	assert_holds_file(&f, "LONGBE~2.TXT", 0, 0);
	assert_holds_file(&f, "LONGB~10.TXT", 8, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),	cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_reserve),		cmocka_unit_test(test_directory_bytes),
		cmocka_unit_test(test_boot_region),	cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_name_limit), cmocka_unit_test(test_short_name_tails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
