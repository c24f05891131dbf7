#include "test.h"

#include "base/text.h"

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t value;
	} cases[] = {
		{"0", 10, true, 0},
		{"10", 10, true, 10},
		{"11", 10, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"", 10, false, 0},
		{"-1", 10, false, 0},
		{"+1", 10, false, 0},
		{" 1", 10, false, 0},
		{"1x", 10, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t v = 0;

		assert_int_equal(parse_u64(span_string(cases[i].text), cases[i].max, &v),
				 cases[i].ok);
		assert_int_equal(v, cases[i].value);
	}
}

static void test_sizes(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_true(parse_size(SPAN_LITERAL("3G"), UINT64_MAX, &v));
	assert_int_equal(v, 3ull << 30);
	assert_true(parse_size(SPAN_LITERAL("512"), UINT64_MAX, &v));
	assert_int_equal(v, 512);
	assert_false(parse_size(SPAN_LITERAL("G"), UINT64_MAX, &v));
	assert_false(parse_size(SPAN_LITERAL("1g"), UINT64_MAX, &v));
	assert_false(parse_size(SPAN_LITERAL("16777216T"), UINT64_MAX, &v));
	assert_false(parse_size(SPAN_LITERAL("2K"), 2047, &v));
}

static void test_octal(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_true(parse_octal(SPAN_LITERAL("0755"), 07777, &v));
	assert_int_equal(v, 0755);
	assert_false(parse_octal(SPAN_LITERAL("8"), 07777, &v));
	assert_false(parse_octal(SPAN_LITERAL("17777"), 07777, &v));
}

static void test_hex(void **state)
{
	uint8_t out[2];
	char text[5];

	(void)state;
	assert_true(hex_decode(SPAN_LITERAL("aBf0"), out, 2));
	hex_encode(SPAN(out, 2), text);
	assert_string_equal(text, "abf0");
	assert_false(hex_decode(SPAN_LITERAL("abf"), out, 2));
	assert_false(hex_decode(SPAN_LITERAL("abg0"), out, 2));
	assert_false(hex_decode(SPAN_LITERAL("abf000"), out, 2));
}

static void test_base64(void **state)
{
	/* RFC 4648, section 10. */
	static const char *const vectors[][2] = {{"", ""},
						 {"f", "Zg=="},
						 {"fo", "Zm8="},
						 {"foo", "Zm9v"},
						 {"foob", "Zm9vYg=="},
						 {"fooba", "Zm9vYmE="},
						 {"foobar", "Zm9vYmFy"}};
	static const char *const bad[] = {"Zg", "Zg=", "Zh==", "Zm9=", "=Zg=", "Zg==Zg==", "Z g="};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		_cleanup_free_ char *text = base64_string(span_string(vectors[i][0]));
		_cleanup_free_ uint8_t *bytes = NULL;
		size_t n = 0;

		assert_string_equal(text, vectors[i][1]);
		assert_true(base64_decode(span_string(text), &bytes, &n));
		assert_true(span_equal(SPAN(bytes, n), span_string(vectors[i][0])));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t *bytes = NULL;
		size_t n;

		assert_false(base64_decode(span_string(bad[i]), &bytes, &n));
	}
}

static void test_guid(void **state)
{
	static const char text[] = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
	static const uint8_t bytes[] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
					0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};
	char out[GUID_TEXT_SIZE];
	struct guid g;

	(void)state;
	assert_true(guid_parse("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", &g));
	assert_memory_equal(g.bytes, bytes, sizeof bytes);
	guid_format(&g, out);
	assert_string_equal(out, text);
	assert_false(guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93", &g));
	assert_false(guid_parse("c12a7328xf81f-11d2-ba4b-00a0c93ec93b", &g));
	assert_false(guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93g", &g));
}

static void test_confined(void **state)
{
	static const char *const good[] = {"a", "a/b", "usr/lib/x.so.1", "...", "a/..b"};
	static const char *const bad[] = {"",	"/a",	"a/",	  "a//b", ".",	   "./a", "a/.",
					  "..", "a/..", "a/../b", "a\nb", "a\x7f", "\x01"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(path_is_confined(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(path_is_confined(bad[i]));
}

static void test_paths(void **state)
{
	_cleanup_free_ char *a = path_join("x", "y");
	_cleanup_free_ char *b = path_join("/", "y");

	(void)state;
	assert_string_equal(a, "x/y");
	assert_string_equal(b, "/y");
	assert_string_equal(path_basename("/usr/bin/env"), "env");
	assert_string_equal(path_basename("env"), "env");
}

static void test_lists(void **state)
{
	_cleanup_(string_list_release) struct string_list l = {0};

	(void)state;
	for (int i = 99; i >= 0; i--)
		assert_int_equal(string_list_take(&l, string_printf("%02d", i)), 0);
	string_list_sort(&l);
	assert_string_equal(l.items[0], "00");
	assert_string_equal(l.items[99], "99");
	assert_true(string_list_has(&l, "42"));
	assert_false(string_list_has(&l, "100"));
}

static void test_utf16(void **state)
{
	static const struct {
		struct span units;
		uint32_t c;
		size_t left;
		const char *utf8; /* NULL: no character */
	} cases[] = {
		{SPAN_LITERAL("a\0b\0"), 'a', 2, "a"},
		{SPAN_LITERAL("\xe9\0"), 0xe9, 0, "\u00e9"},
		{SPAN_LITERAL("\xac\x20"), 0x20ac, 0, "\u20ac"},
		{SPAN_LITERAL("\x3d\xd8\x00\xde"
			      "b\0"),
		 0x1f600, 2, "\U0001f600"},
		/* Halves: without a partner, at the end, the second alone. */
		{SPAN_LITERAL("\x3d\xd8"
			      "b\0"),
		 0xd83d, 2, NULL},
		{SPAN_LITERAL("\x3d\xd8"), 0xd83d, 0, NULL},
		{SPAN_LITERAL("\x00\xde\x3d\xd8"), 0xde00, 2, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span rest = cases[i].units;
		uint32_t c = utf16_next(&rest);
		char utf8[4];

		assert_int_equal(c, cases[i].c);
		assert_int_equal(rest.n, cases[i].left);
		assert_int_equal(is_surrogate(c), !cases[i].utf8);
		if (cases[i].utf8)
			assert_true(span_equal(SPAN(utf8, utf8_encode(c, utf8)),
					       span_string(cases[i].utf8)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf16), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_octal),
		cmocka_unit_test(test_hex),   cmocka_unit_test(test_base64),
		cmocka_unit_test(test_guid),  cmocka_unit_test(test_confined),
		cmocka_unit_test(test_paths), cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
