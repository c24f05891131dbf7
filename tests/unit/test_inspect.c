/* Hostile images, which must not take long, and the parts that compare. */
#include "test.h"

#include <errno.h>

#include "diff/diff_parts.h"
#include "inspect/inspection_parts.h"
#include "sample_erofs.h"

static const struct root_file *find_file(const struct root_files *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++) {
		if (string_equal(f->items[i].path, path))
			return &f->items[i];
	}
	fail_msg("no '%s'", path);
	return NULL;
}

static void lists_root_files(void **state)
{
	static const char *const paths[] = {"", "file", "link", "packed", "sub"};
	_cleanup_free_ uint8_t *image = sample_erofs();
	_cleanup_(root_files_release) struct root_files files = {0};
	struct error *err = NULL;
	struct digest expected;
	struct erofs fs;
	uint8_t content[SAMPLE_PACKED_SIZE];

	(void)state;
	assert_done(erofs_open(SPAN(image, SAMPLE_SIZE), &fs, &err), &err);
	assert_done(root_files_read(&fs, &files, &err), &err);
	assert_done(root_files_digest(&fs, &files, &err), &err);
	assert_int_equal(files.n, ARRAY_SIZE(paths));
	for (size_t i = 0; i < files.n; i++)
		assert_string_equal(files.items[i].path, paths[i]);
	assert_string_equal(find_file(&files, "link")->target, "file");
	memset(content, 'p', sizeof(content));
	expected = digest_bytes(DIGEST_SHA256, SPAN(content, sizeof(content)));
	assert_true(digest_equal(&find_file(&files, "packed")->sha256, &expected));
}

static int read_root(const uint8_t *image, struct error **err)
{
	_cleanup_(root_files_release) struct root_files files = {0};
	struct erofs fs;
	int r = erofs_open(SPAN(image, SAMPLE_SIZE), &fs, err);

	return r < 0 ? r : root_files_read(&fs, &files, err);
}

static void refuses_root_loops(void **state)
{
	static const struct sample_entry sub[] = {
		{".", SAMPLE_SUB}, {"..", SAMPLE_ROOT}, {"again", SAMPLE_SUB}};
	_cleanup_free_ uint8_t *image = sample_erofs();
	struct error *err = NULL;

	(void)state;
	sample_directory(image, SAMPLE_SUB, sub, ARRAY_SIZE(sub));
	assert_failed(read_root(image, &err), ERROR_MALFORMED,
		      "EROFS: the directory 'sub/again' is listed twice", &err);
}

static void refuses_root_sizes(void **state)
{
	_cleanup_free_ uint8_t *image = sample_erofs();
	struct error *err = NULL;

	(void)state;
	/* An extended inode of 2^60 bytes. */
	put_le16(image + SAMPLE_FILE * 32, 1);
	put_le64(image + SAMPLE_FILE * 32 + 8, 1ull << 60);
	assert_failed(read_root(image, &err), EFBIG,
		      "EROFS: its files have more than 17179869184 bytes", &err);
}

/* A link that claims a target of 4 GiB. */
static void refuses_root_links(void **state)
{
	_cleanup_free_ uint8_t *image = sample_erofs();
	struct error *err = NULL;

	(void)state;
	put_le32(image + SAMPLE_LINK * 32 + 8, UINT32_MAX);
	assert_failed(read_root(image, &err), EFBIG,
		      "EROFS: its paths have more than 268435456 bytes", &err);
}

static void keeps_unread_directories(void **state)
{
	_cleanup_(root_files_release) struct root_files files = {0};
	_cleanup_free_ uint8_t *image = sample_erofs();
	struct error *err = NULL;
	struct erofs fs;

	(void)state;
	image[SAMPLE_SUB * 32] = EROFS_CHUNK_BASED << 1;
	assert_done(erofs_open(SPAN(image, SAMPLE_SIZE), &fs, &err), &err);
	assert_done(root_files_read(&fs, &files, &err), &err);
	assert_string_equal(find_file(&files, "sub")->problem, "EROFS: inode 80: made of chunks");
}

/* A FAT12 volume of 64 clusters of 512 bytes: one folder in the root. */
#define FAT_CLUSTERS 64u
#define FAT_ROOT (2 * 512u)
#define FAT_DATA (3 * 512u)
#define FAT_BYTES (FAT_DATA + FAT_CLUSTERS * 512u)

static void put_entry(uint8_t *p, const char *name, uint8_t attributes, uint16_t cluster,
		      uint32_t size)
{
	memcpy(p, name, 11);
	p[11] = attributes;
	put_le16(p + 26, cluster);
	put_le32(p + 28, size);
}

static uint8_t *make_fat(void)
{
	uint8_t *b = calloc(1, FAT_BYTES);

	assert_non_null(b);
	put_le16(b + 11, 512);
	b[13] = 1;
	put_le16(b + 14, 1);
	b[16] = 1;
	put_le16(b + 17, 16);
	put_le16(b + 22, 1);
	put_le16(b + 19, FAT_BYTES / 512);
	memcpy(b + 54, "FAT12   ", 8);
	put_le16(b + 510, 0xaa55);
	/* All clusters end their chains. */
	memset(b + 512, 0xff, 512);
	put_entry(b + FAT_ROOT, "SUB        ", FAT_ATTR_DIRECTORY, 2, 0);
	return b;
}

static void inspect(struct inspect_partition *p, const uint8_t *volume)
{
	struct error *err = NULL;

	*p = (struct inspect_partition){.content = SPAN(volume, FAT_BYTES)};
	assert_int_equal(content_kind_find(p->content), CONTENT_FAT);
	assert_done(inspect_fat(p, &err), &err);
}

static void release(struct inspect_partition *p)
{
	for (size_t i = 0; i < p->n_files; i++) {
		free(p->files[i].path);
		free(p->files[i].problem);
		buffer_release(&p->files[i].copy);
	}
	free(p->files);
	free(p->problem);
}

static void reads_fat_files(void **state)
{
	_cleanup_free_ uint8_t *volume = make_fat();
	struct inspect_partition p;

	(void)state;
	put_entry(volume + FAT_DATA, "FILE    TXT", 0, 3, 5);
	memcpy(volume + FAT_DATA + 512, "hello", 5);
	inspect(&p, volume);
	assert_null(p.problem);
	assert_int_equal(p.n_files, 2);
	assert_string_equal(p.files[0].path, "SUB");
	assert_string_equal(p.files[1].path, "SUB/FILE.TXT");
	assert_true(span_equal(p.files[1].content, SPAN_LITERAL("hello")));
	release(&p);
}

static void refuses_fat_loops(void **state)
{
	_cleanup_free_ uint8_t *volume = make_fat();
	struct inspect_partition p;

	(void)state;
	/* Eight names of itself: a walk without memory would visit 8^32 folders. */
	for (unsigned i = 0; i < 8; i++) {
		char name[] = "LOOP0      ";

		name[4] = (char)('0' + i);
		put_entry(volume + FAT_DATA + i * 32, name, FAT_ATTR_DIRECTORY, 2, 0);
	}
	inspect(&p, volume);
	assert_string_equal(p.problem, "FAT: folder 'SUB/LOOP0' is listed twice");
	release(&p);
}

static void refuses_fat_sizes(void **state)
{
	_cleanup_free_ uint8_t *volume = make_fat();
	struct inspect_partition p;

	(void)state;
	put_entry(volume + FAT_DATA, "FILE    TXT", 0, 3, UINT32_MAX);
	inspect(&p, volume);
	assert_string_equal(p.problem, "FAT: its files have more bytes than the volume");
	release(&p);
}

static void compares_bytes(void **state)
{
	const size_t n = (20u << 20) + 5;
	_cleanup_free_ uint8_t *a = calloc(1, n), *b = calloc(1, n);
	struct error *err = NULL;
	struct byte_comparison c;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_done(diff_compare(SPAN(a, n), SPAN(b, n), &c, &err), &err);
	assert_true(c.equal);
	assert_int_equal(c.blocks, 0);
	b[n - 1] = 1;
	assert_done(diff_compare(SPAN(a, n), SPAN(b, n), &c, &err), &err);
	assert_false(c.equal);
	assert_int_equal(c.first, n - 1);
	assert_int_equal(c.blocks, 1);
	b[9u << 20] = 1;
	b[(9u << 20) + 4095] = 1;
	b[(9u << 20) + 4096] = 1;
	assert_done(diff_compare(SPAN(a, n), SPAN(b, n), &c, &err), &err);
	assert_int_equal(c.first, 9u << 20);
	assert_int_equal(c.blocks, 3);
	assert_int_equal(c.total, (20u << 20) / 4096 + 1);
	/* One ends in the middle of a block, the other later. */
	assert_done(diff_compare(SPAN(a, 5000), SPAN(a, 10000), &c, &err), &err);
	assert_int_equal(c.first, 5000);
	assert_int_equal(c.blocks, 2);
	assert_int_equal(c.total, 3);
	assert_done(diff_compare(SPAN(a, 0), SPAN(a, 0), &c, &err), &err);
	assert_true(c.equal);
}

static void assert_item(const struct diff *d, size_t i, const char *what, const char *a,
			const char *b, const char *follows_from)
{
	const char *const expected[] = {what, a, b, follows_from};

	assert_true(i < d->n);

	const char *const found[] = {d->items[i].what, d->items[i].values[0], d->items[i].values[1],
				     d->items[i].follows_from};

	for (size_t k = 0; k < ARRAY_SIZE(found); k++) {
		assert_int_equal(!expected[k], !found[k]);
		if (expected[k])
			assert_string_equal(found[k], expected[k]);
	}
}

static void compares_words(void **state)
{
	_cleanup_(diff_release) struct diff d = {0};

	(void)state;
	diff_words(&d, SPAN_LITERAL("a b=1 c roothash=00 c"),
		   SPAN_LITERAL("c roothash=11 b=2 a d\0e"), true, true);
	assert_int_equal(d.n, 4);
	assert_item(&d, 0, "word", "b=1", "b=2", NULL);
	assert_item(&d, 1, "word", "roothash=00", "roothash=11", "the root file system");
	assert_item(&d, 2, "word", "c", NULL, NULL);
	assert_item(&d, 3, "word", NULL, "d", NULL);
	assert_false(d.failed);
}

static void compares_packages(void **state)
{
	struct package_list_item left[] = {{.name = "a", .version = "1", .architecture = "amd64"},
					   {.name = "b", .version = "1", .architecture = "amd64"},
					   {.name = "n", .version = "1"}};
	struct package_list_item right[] = {{.name = "a", .version = "2", .architecture = "amd64"},
					    {.name = "n", .version = "1", .architecture = "all"},
					    {.name = "n", .version = "1"}};
	const struct package_list a = {.items = left, .n = 3}, b = {.items = right, .n = 3};
	_cleanup_(diff_release) struct diff d = {0};

	(void)state;
	diff_packages(&d, &a, &b);
	assert_int_equal(d.n, 3);
	assert_item(&d, 0, "a", "1", "2", NULL);
	assert_item(&d, 1, "b", "1", NULL, NULL);
	assert_item(&d, 2, "n", NULL, "1", NULL);
	assert_string_equal(d.items[0].where.items[0], "packages");
	assert_int_equal(d.where.n, 0);
}

static void names_types(void **state)
{
	struct guid g;

	(void)state;
	assert_true(guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", &g));
	assert_string_equal(partition_type_name(&g), "EFI system");
	memset(&g, 1, sizeof(g));
	assert_null(partition_type_name(&g));
	assert_int_equal(content_kind_find(SPAN_LITERAL("LUKS\xba\xbe\0\2")), CONTENT_LUKS);
	assert_int_equal(content_kind_find(SPAN_LITERAL("\0\0\0\0")), CONTENT_ZERO);
	assert_int_equal(content_kind_find(SPAN_LITERAL("\0\0\0\1")), CONTENT_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_root_files),	    cmocka_unit_test(refuses_root_loops),
		cmocka_unit_test(refuses_root_sizes),	    cmocka_unit_test(refuses_root_links),
		cmocka_unit_test(keeps_unread_directories), cmocka_unit_test(reads_fat_files),
		cmocka_unit_test(refuses_fat_loops),	    cmocka_unit_test(refuses_fat_sizes),
		cmocka_unit_test(compares_bytes),	    cmocka_unit_test(compares_words),
		cmocka_unit_test(compares_packages),	    cmocka_unit_test(names_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
