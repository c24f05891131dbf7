#include "test.h"

#include "base/text.h"
#include "formats/tar.h"

/* Sum of a block's bytes with the checksum field as blanks, as the field says. */
static void assert_checksum(const uint8_t *block)
{
	uint64_t said;
	uint32_t sum = 8 * ' ';

	for (size_t i = 0; i < TAR_BLOCK_SIZE; i++)
		if (i < 148 || i >= 156)
			sum += block[i];
	assert_true(parse_octal(SPAN(block + 148, 6), UINT32_MAX, &said));
	assert_int_equal(said, sum);
}

static void test_plain_file(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);
	const struct tar_entry e = {.type = TAR_FILE,
				    .path = "usr/bin/env",
				    .mode = 0755,
				    .uid = 8,
				    .gid = 64,
				    .size = 513};

	(void)state;
	tar_put_header(&b, &e);
	assert_int_equal(b.n, TAR_BLOCK_SIZE);
	assert_string_equal((const char *)b.p, "usr/bin/env");
	assert_string_equal((const char *)b.p + 100, "0000755");
	assert_string_equal((const char *)b.p + 108, "0000010");
	assert_string_equal((const char *)b.p + 116, "0000100");
	assert_string_equal((const char *)b.p + 124, "00000001001");
	assert_string_equal((const char *)b.p + 136, "00000000000");
	assert_int_equal(b.p[156], '0');
	assert_memory_equal(b.p + 257, "ustar\00000", 8);
	assert_true(span_is_zero(SPAN(b.p + 265, 80))); /* no names of user and group, no device */
	assert_checksum(b.p);
	assert_int_equal(tar_padding(513), 511);
	assert_int_equal(tar_padding(512), 0);
	assert_int_equal(tar_padding(0), 0);
}

static void test_directory_and_link(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);
	const struct tar_entry root = {.type = TAR_DIRECTORY, .path = "", .mode = 0755};
	const struct tar_entry directory = {.type = TAR_DIRECTORY, .path = "etc", .mode = 0755};
	const struct tar_entry link = {
		.type = TAR_SYMLINK, .path = "bin", .target = "usr/bin", .mode = 0777};

	(void)state;
	tar_put_header(&b, &root);
	tar_put_header(&b, &directory);
	tar_put_header(&b, &link);
	assert_int_equal(b.n, 3 * TAR_BLOCK_SIZE);
	assert_string_equal((const char *)b.p, "./");
	assert_int_equal(b.p[156], '5');
	assert_string_equal((const char *)b.p + 512, "etc/");
	assert_int_equal(b.p[1024 + 156], '2');
	assert_string_equal((const char *)b.p + 1024 + 157, "usr/bin");
}

/* A path of n characters needs a record from 101 on; the record's length counts its own digits. */
static void test_pax_path(void **state)
{
	static const struct {
		size_t length;
		const char *start;
	} cases[] = {
		{101, "111 path="}, /* 3 digits, " path=", 101, newline */
		{988, "998 path="},
		{989, "999 path="},
		{990, "1001 path="}, /* with 3 digits it would be 1000, which has 4 */
	};
	char path[1000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);
		const struct tar_entry e = {.type = TAR_FILE, .path = path};
		uint64_t size;

		memset(path, 'p', cases[i].length);
		path[cases[i].length] = '\0';
		tar_put_header(&b, &e);
		assert_int_equal(b.p[156], 'x');
		assert_checksum(b.p);
		assert_memory_equal(b.p + 512, cases[i].start, strlen(cases[i].start));
		assert_true(parse_octal(SPAN(b.p + 124, 11), UINT64_MAX, &size));
		assert_int_equal(size, strtoul(cases[i].start, NULL, 10));
		assert_int_equal(b.p[512 + size - 1], '\n');
		assert_int_equal(b.n, 512 + size + tar_padding(size) + 512);
		assert_memory_equal(b.p + b.n - 512, path, 100);
	}
}

static void test_pax_numbers(void **state)
{
	static const char records[] = "15 gid=2097152\n19 size=8589934592\n15 uid=2097152\n";
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);
	const struct tar_entry large = {
		.type = TAR_FILE, .path = "f", .uid = 2097152, .gid = 2097152, .size = 1ull << 33};
	const struct tar_entry small = {.type = TAR_FILE,
					.path = "f",
					.uid = 2097151,
					.gid = 2097151,
					.size = (1ull << 33) - 1};

	(void)state;
	tar_put_header(&b, &small);
	assert_int_equal(b.n, 512);
	b.n = 0;
	tar_put_header(&b, &large);
	assert_int_equal(b.n, 3 * 512);
	assert_string_equal((const char *)b.p + 512, records);
}

static void test_long_target(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);
	char target[102];
	const struct tar_entry e = {.type = TAR_SYMLINK, .path = "l", .target = target};

	(void)state;
	memset(target, 't', 101);
	target[101] = '\0';
	tar_put_header(&b, &e);
	assert_memory_equal(b.p + 512, "115 linkpath=ttt", 16);
}

static void test_end(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);

	(void)state;
	tar_put_end(&b);
	assert_int_equal(b.n, 1024);
	assert_true(span_is_zero(buffer_span(&b)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_file),  cmocka_unit_test(test_directory_and_link),
		cmocka_unit_test(test_pax_path),    cmocka_unit_test(test_pax_numbers),
		cmocka_unit_test(test_long_target), cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
