#include "test.h"

#include "formats/cpio.h"

static void make_archive(struct buffer *b)
{
	struct cpio_writer w = {.out = b};

	cpio_add(&w, CPIO_DIRECTORY | 0755, "dev", SPAN(NULL, 0));
	cpio_add_device(&w, 0600, "dev/console", 5, 1);
	cpio_add(&w, CPIO_FILE | 0755, "init", SPAN_LITERAL("hello"));
	cpio_add(&w, CPIO_SYMLINK | 0777, "ln", SPAN_LITERAL("init"));
	cpio_end(&w);
	assert_true(buffer_ok(b));
}

/* Header fields: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor
 * namesize check. */
static void test_bytes(void **state)
{
	/* clang-format off */
	static const char expected[] =
		"070701" "00000001" "000081A4" "00000000" "00000000" "00000001" "00000000" "00000005"
		"00000000" "00000000" "00000000" "00000000" "00000002" "00000000" "a\0"
		"hello\0\0\0"
		"070701" "00000000" "00000000" "00000000" "00000000" "00000001" "00000000" "00000000"
		"00000000" "00000000" "00000000" "00000000" "0000000B" "00000000" "TRAILER!!!\0\0\0\0";
	/* clang-format on */
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);
	struct cpio_writer w = {.out = &b};

	(void)state;
	cpio_add(&w, CPIO_FILE | 0644, "a", SPAN_LITERAL("hello"));
	cpio_end(&w);
	assert_int_equal(b.n, sizeof(expected) - 1);
	assert_memory_equal(b.p, expected, b.n);
}

static void test_round_trip(void **state)
{
	static const struct {
		const char *name, *content;
		uint32_t mode, nlink, rdevmajor;
	} expected[] = {
		{"dev", "", 0040755, 2, 0},
		{"dev/console", "", 0020600, 1, 5},
		{"init", "hello", 0100755, 1, 0},
		{"ln", "init", 0120777, 1, 0},
	};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);
	struct error *err = NULL;
	struct cpio_entry e;

	(void)state;
	make_archive(&b);

	struct reader r = reader_init(buffer_span(&b));

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_done(cpio_next(&r, &e, &err), &err);
		assert_true(span_equal(e.name, span_string(expected[i].name)));
		assert_true(span_equal(e.content, span_string(expected[i].content)));
		assert_int_equal(e.header.ino, i + 1);
		assert_int_equal(e.header.mode, expected[i].mode);
		assert_int_equal(e.header.nlink, expected[i].nlink);
		assert_int_equal(e.header.rdevmajor, expected[i].rdevmajor);
		assert_int_equal(e.header.mtime, 0);
	}
	assert_int_equal(cpio_next(&r, &e, &err), 0);
	assert_int_equal(r.rest.n, 0);
}

/* One byte of the entry "init" changed; it begins after two entries. */
static void test_refused(void **state)
{
	static const struct {
		size_t offset;
		char value;
		const char *message;
	} cases[] = {
		{5, '2', "cpio at 240: the magic is not '070701'"},
		{6, 'g', "cpio at 240: header field 1 is not hexadecimal"},
		{101, '1', "cpio at 240: a name of 1 bytes"},
		{98, '2', "cpio at 240: a name of 8197 bytes"},
		{101, '4', "cpio at 240: the name is cut off, not ended or badly padded"},
		{115, 'x', "cpio at 240: the name is cut off, not ended or badly padded"},
		{114, 'x', "cpio at 240: the name is cut off, not ended or badly padded"},
		{121, 'x', "cpio at 240: the content is cut off or badly padded"},
		{54, 'F', "cpio at 240: the content is cut off or badly padded"},
		{45, '2', "cpio at 240: a hard link"},
		{18, '6', "cpio at 240: an entry of mode 060755 has content"},
		{110, '/', "cpio at 240: the name is not a confined path"},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);
		struct cpio_entry e;

		make_archive(&b);
		b.p[240 + cases[i].offset] = (uint8_t)cases[i].value;

		struct reader r = reader_init(buffer_span(&b));

		assert_int_equal(cpio_next(&r, &e, &err), 1);
		assert_int_equal(cpio_next(&r, &e, &err), 1);
		assert_int_equal(r.offset, 240);
		assert_failed(cpio_next(&r, &e, &err), ERROR_MALFORMED, cases[i].message, &err);
	}
}

static void test_cut_off(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);
	struct error *err = NULL;
	struct cpio_entry e;

	(void)state;
	make_archive(&b);
	for (size_t n = 0; n < b.n; n++) {
		struct reader r = reader_init(SPAN(b.p, n));
		int result;

		do
			result = cpio_next(&r, &e, NULL);
		while (result == 1);
		assert_int_equal(result, -ERROR_MALFORMED);
	}

	struct reader empty = reader_init(SPAN(NULL, 0));

	assert_failed(cpio_next(&empty, &e, &err), ERROR_MALFORMED,
		      "cpio at 0: the header is cut off", &err);
}

static void test_too_long_name(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(16384);
	char name[CPIO_NAME_MAX + 1];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[CPIO_NAME_MAX] = '\0';
	cpio_put(&b, &(struct cpio_header){0}, name, SPAN(NULL, 0));
	assert_false(buffer_ok(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),	      cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_too_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
