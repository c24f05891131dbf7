#include "test.h"

#include "formats/cpio.h"
#include "formats/initrd.h"
#include "sample_compress.h"

static const char *const names[] = {"wanted.service", "wanted", NULL};

static void put_archive(struct buffer *b, const char *path)
{
	struct cpio_writer w = {.out = b};

	cpio_add(&w, CPIO_DIRECTORY | 0755, "usr", SPAN(NULL, 0));
	/* Content that looks like an entry is none. */
	cpio_add(&w, CPIO_FILE | 0644, "usr/a", SPAN_LITERAL("070701 usr/wanted\0 five"));
	cpio_add(&w, CPIO_FILE | 0644, path, SPAN_LITERAL("content"));
	cpio_end(&w);
}

static bool has(const char *path)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);

	put_archive(&b, path);
	assert_true(buffer_ok(&b));
	return initrd_has_file(buffer_span(&b), names);
}

static void finds_the_last_part_of_a_path(void **state)
{
	(void)state;
	assert_true(has("wanted"));
	assert_true(has("usr/lib/wanted"));
	assert_true(has("usr/lib/wanted.service"));
	assert_false(has("usr/lib/unwanted"));
	assert_false(has("usr/wanted/file"));
	assert_false(has("usr/wanted.service.d"));
	assert_false(initrd_has_file(SPAN(NULL, 0), names));
}

static void reads_archives_one_after_the_other(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(16384);

	put_archive(&b, "kernel/x86/microcode/GenuineIntel.bin");
	buffer_put_zeros(&b, 512);
	assert_false(initrd_has_file(buffer_span(&b), names));
	put_archive(&b, "usr/bin/wanted");
	assert_true(initrd_has_file(buffer_span(&b), names));
	/* The name is in the last archive, which is cut before it, or within. */
	for (size_t n = 0; n < b.n - 400; n++)
		assert_false(initrd_has_file(SPAN(b.p, n), names));
}

static void reads_what_is_compressed(void **state)
{
	static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD,
				      ARCHIVE_FILTER_BZIP2};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		_cleanup_(buffer_release) struct buffer archive = BUFFER_INIT(8192);
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(32768);
		uint8_t compressed[8192];
		size_t n;

		put_archive(&archive, "usr/bin/wanted");
		n = compress(filters[i], buffer_span(&archive), compressed, sizeof(compressed));
		assert_true(initrd_has_file(SPAN(compressed, n), names));
		/* Behind microcode, as distributions have it. */
		put_archive(&b, "kernel/x86/microcode/GenuineIntel.bin");
		buffer_put(&b, SPAN(compressed, n));
		assert_true(initrd_has_file(buffer_span(&b), names));
		compressed[0] ^= 1;
		assert_false(initrd_has_file(SPAN(compressed, n), names));
	}
}

static void ends_at_what_is_damaged(void **state)
{
	static const struct {
		size_t offset;
		char byte;
	} damages[] = {
		{0, '1'},	       /* magic */
		{5, '7'},	       /* of another format */
		{6 + 8 * 11, 'x'},     /* size of the name: no number, */
		{6 + 8 * 11, 'f'},     /* more than there is, */
		{6 + 8 * 11 + 7, '0'}, /* none at all */
		{6 + 8 * 6, 'f'},      /* more content than there is */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);

		put_archive(&b, "usr/bin/wanted");
		/* The directory's header is the first. */
		assert_int_equal(b.p[6 + 8 * 11 + 7], '4');
		b.p[damages[i].offset] = (uint8_t)damages[i].byte;
		assert_false(initrd_has_file(buffer_span(&b), names));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_last_part_of_a_path),
		cmocka_unit_test(reads_archives_one_after_the_other),
		cmocka_unit_test(reads_what_is_compressed),
		cmocka_unit_test(ends_at_what_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
