#include "test.h"

#include "base/buffer.h"

static void test_slice(void **state)
{
	const struct span s = SPAN_LITERAL("abcdef");
	struct span part;

	(void)state;
	assert_true(span_slice(s, 2, 3, &part));
	assert_true(span_equal(part, SPAN_LITERAL("cde")));
	assert_true(span_slice(s, 6, 0, &part));
	assert_false(span_slice(s, 6, 1, &part));
	assert_false(span_slice(s, 7, 0, &part));
	assert_false(span_slice(s, 1, UINT64_MAX, &part));
	assert_false(span_slice(s, UINT64_MAX, UINT64_MAX, &part));
}

static void test_is_zero(void **state)
{
	static const uint8_t bytes[4] = {0, 0, 0, 1};

	(void)state;
	assert_true(span_is_zero(SPAN(bytes, 0)));
	assert_true(span_is_zero(SPAN(bytes, 3)));
	assert_false(span_is_zero(SPAN(bytes, 4)));
}

static void test_numbers(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};

	(void)state;
	assert_int_equal(get_le16(bytes), 0x0201);
	assert_int_equal(get_le32(bytes), 0x04030201);
	assert_int_equal(get_le64(bytes), 0x0807060504030201);
	assert_int_equal(get_be16(bytes), 0x0102);
	assert_int_equal(get_be32(bytes), 0x01020304);
	assert_int_equal(get_be64(bytes), 0x0102030405060708);
}

static void test_reader_is_sticky(void **state)
{
	struct reader r = reader_init(SPAN_LITERAL("\x01\x02\x00\x00\x00\x09"));

	(void)state;
	assert_int_equal(reader_u8(&r), 1);
	assert_int_equal(reader_le32(&r), 2);
	assert_int_equal(r.offset, 5);
	assert_true(reader_ok(&r));
	assert_int_equal(reader_le16(&r), 0);
	assert_false(reader_ok(&r));
	/* One byte is left, but a failed reader gives no more. */
	assert_int_equal(reader_u8(&r), 0);
}

static void test_lines(void **state)
{
	struct reader r = reader_init(SPAN_LITERAL("one\r\n\nthree"));
	struct span line;

	(void)state;
	assert_true(reader_line(&r, &line));
	assert_true(span_equal(line, SPAN_LITERAL("one")));
	assert_true(reader_line(&r, &line));
	assert_int_equal(line.n, 0);
	assert_true(reader_line(&r, &line));
	assert_true(span_equal(line, SPAN_LITERAL("three")));
	assert_false(reader_line(&r, &line));
}

static void test_find(void **state)
{
	const struct span empty = {0};
	size_t where = 99;

	(void)state;
	assert_false(span_find(empty, SPAN_LITERAL("a"), &where));
	assert_false(span_find(SPAN_LITERAL("abc"), empty, &where));
	assert_false(span_find(SPAN_LITERAL("abc"), SPAN_LITERAL("abcd"), &where));
	assert_false(span_find(SPAN_LITERAL("abc"), SPAN_LITERAL("ca"), &where));
	assert_int_equal(where, 99);
	assert_true(span_find(SPAN_LITERAL("a\0ba\0b"), SPAN_LITERAL("\0b"), &where));
	assert_int_equal(where, 1);
	assert_true(span_find(SPAN_LITERAL("abc"), SPAN_LITERAL("abc"), &where));
	assert_int_equal(where, 0);
}

static void test_buffer(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(16);

	(void)state;
	assert_string_equal(buffer_text(&b), "");
	buffer_put_le16(&b, 0x4241);
	buffer_printf(&b, "%d", 7);
	buffer_align(&b, 8);
	assert_int_equal(b.n, 8);
	assert_memory_equal(b.p, "AB7\0\0\0\0\0", 8);
	buffer_put_le64(&b, 1);
	assert_true(buffer_ok(&b));
	assert_int_equal(b.p[b.n], 0);
	/* Full: this and all that follows fails and changes nothing. */
	buffer_put_u8(&b, 1);
	assert_false(buffer_ok(&b));
	assert_int_equal(b.n, 16);
	assert_null(buffer_steal_text(&b));
}

static void test_buffer_grows(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1 << 20);

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		buffer_put_le32(&b, i);
	assert_true(buffer_ok(&b));
	assert_int_equal(b.n, 40000);
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(get_le32(b.p + 4 * i), i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slice),	     cmocka_unit_test(test_is_zero),
		cmocka_unit_test(test_numbers),	     cmocka_unit_test(test_reader_is_sticky),
		cmocka_unit_test(test_lines),	     cmocka_unit_test(test_buffer),
		cmocka_unit_test(test_buffer_grows), cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
