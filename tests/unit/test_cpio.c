#include "test.h"

#include "formats/cpio.h"

/* Header fields: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor
 * namesize check. */
static void test_bytes(void **state)
{
	/* clang-format off */
	static const char expected[] =
		"070701" "00000001" "000041ED" "00000000" "00000000" "00000002" "00000000" "00000000"
		"00000000" "00000000" "00000000" "00000000" "00000004" "00000000" "dev\0\0\0"
		"070701" "00000002" "00002180" "00000000" "00000000" "00000001" "00000000" "00000000"
		"00000000" "00000000" "00000005" "00000001" "0000000C" "00000000" "dev/console\0\0\0"
		"070701" "00000003" "000081A4" "00000000" "00000000" "00000001" "00000000" "00000005"
		"00000000" "00000000" "00000000" "00000000" "00000002" "00000000" "a\0" "hello\0\0\0"
		"070701" "00000004" "0000A1FF" "00000000" "00000000" "00000001" "00000000" "00000004"
		"00000000" "00000000" "00000000" "00000000" "00000003" "00000000" "ln\0\0\0\0" "init"
		"070701" "00000000" "00000000" "00000000" "00000000" "00000001" "00000000" "00000000"
		"00000000" "00000000" "00000000" "00000000" "0000000B" "00000000" "TRAILER!!!\0\0\0\0";
	/* clang-format on */
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);
	struct cpio_writer w = {.out = &b};

	(void)state;
	cpio_add(&w, CPIO_DIRECTORY | 0755, "dev", SPAN(NULL, 0));
	cpio_add_device(&w, 0600, "dev/console", 5, 1);
	cpio_add(&w, CPIO_FILE | 0644, "a", SPAN_LITERAL("hello"));
	cpio_add(&w, CPIO_SYMLINK | 0777, "ln", SPAN_LITERAL("init"));
	cpio_end(&w);
	assert_int_equal(b.n, sizeof(expected) - 1);
	assert_memory_equal(b.p, expected, b.n);
}

static void test_too_long_name(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(16384);
	struct cpio_writer w = {.out = &b};
	char name[CPIO_NAME_MAX + 1];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[CPIO_NAME_MAX] = '\0';
	cpio_add(&w, CPIO_FILE | 0644, name, SPAN(NULL, 0));
	assert_false(buffer_ok(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_too_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
