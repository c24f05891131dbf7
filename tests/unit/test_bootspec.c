#include "test.h"

#include "formats/bootspec.h"

static void assert_span(struct span s, const char *expected)
{
	assert_true(span_equal(s, span_string(expected)));
}

static void assert_line(struct reader *r, const char *separators, const char *key,
			const char *value)
{
	struct span k, v;

	assert_true(bootspec_next(r, separators, true, &k, &v));
	assert_span(k, key);
	assert_span(v, value);
}

static void reads_lines(void **state)
{
	(void)state;
	struct reader r = bootspec_reader(
		SPAN_LITERAL("\n \ttitle \t a b \t\r\n# no 1\nalone\n#no 2\rdefault\t\"x.efi\"\n"
			     "quoted 'y z'\nopen \"a\nlone \"\nlast 1\0hidden 2\n"));
	struct span key, value;

	assert_line(&r, " \t", "title", "a b");
	assert_line(&r, " \t", "default", "x.efi");
	assert_line(&r, " \t", "quoted", "y z");
	assert_line(&r, " \t", "open", "\"a");
	assert_line(&r, " \t", "lone", "");
	assert_line(&r, " \t", "last", "1");
	assert_false(bootspec_next(&r, " \t", true, &key, &value));

	r = bootspec_reader(SPAN_LITERAL("ID==a\nNAME=\nVERSION='1'\n"));
	assert_line(&r, "=", "ID", "a");
	assert_line(&r, "=", "NAME", "");
	assert_true(bootspec_next(&r, "=", false, &key, &value));
	assert_span(value, "'1'");

	r = bootspec_reader((struct span){0});
	assert_false(bootspec_next(&r, "=", true, &key, &value));
}

static void matches_patterns(void **state)
{
	(void)state;
	static const struct {
		const char *pattern;
		const char *name;
		bool match;
	} cases[] = {
		{"", "", true},
		{"", "a", false},
		{"node.efi@2", "node.efi@2", true},
		{"node.efi", "node.efi@2", false},
		{"*", "", true},
		{"*", "node.efi", true},
		{"node-*", "node-6.12.efi", true},
		{"*.efi", "node.efi@2", false},
		{"*@2", "node.efi@2", true},
		{"n*e*i", "node.efi", true},
		{"n*x*i", "node.efi", false},
		{"a**b", "ab", true},
		{"node-?.efi", "node-1.efi", true},
		{"node-?.efi", "node-.efi", false},
		{"?", "", false},
		{"node-[0-9].efi", "node-5.efi", true},
		{"node-[0-9].efi", "node-x.efi", false},
		{"[abc-]", "-", true},
		{"[-a]", "-", true},
		{"[]a]", "]", true},
		{"[]a]", "a", true},
		{"[a-c-f]", "e", false},
		{"[a-c-f]", "-", true},
		{"[a\\-c]", "b", false},
		{"[a\\]b]", "]", true},
		{"[a-\\c]", "b", true},
		{"[a", "a", false},
		{"[a-", "a", false},
		{"[", "[", false},
		{"[\\", "\\", false},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"a\\", "a", false},
		{"*[0-9]x", "a1b2x", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (bootspec_match(cases[i].pattern, cases[i].name) != cases[i].match)
			fail_msg("'%s' against '%s'", cases[i].pattern, cases[i].name);
	}
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

/* The order in the comment of systemd's strverscmp_improved(), and what its man page adds. */
static void orders_versions(void **state)
{
	(void)state;
	static const char *const ascending[] = {
		"122.1",   "123~rc1-1", "123",	   "123-a",   "123-a.1", "123-1",
		"123-1.1", "123^post1", "123.a-1", "123.1-1", "123a-1",	 "124-1",
	};
	static const char *const equal[][2] = {
		{"", NULL},
		{"0123", "123"},
		{"123_a", "123a"},
		{"a+1", "a1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ascending); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ascending); j++)
			assert_int_equal(
				sign(bootspec_compare_versions(ascending[i], ascending[j])),
				(i > j) - (i < j));
	}
	for (size_t i = 0; i < ARRAY_SIZE(equal); i++)
		assert_int_equal(bootspec_compare_versions(equal[i][0], equal[i][1]), 0);
	assert_true(bootspec_compare_versions("lab+3.efi", "lab.efi") > 0);
	assert_true(bootspec_compare_versions("1", NULL) > 0);
}

static void reads_counters(void **state)
{
	(void)state;
	static const char *const none[] = {
		"node.efi",
		"node+.efi",
		"node+3.conf",
		"node+3-.efi",
		"node+3-1x.efi",
		"node+a+3x.efi",
		"node+2147483648.efi",
		"+",
		"",
	};
	struct bootspec_count c;

	assert_true(bootspec_count_parse("node+3.efi", ".efi", &c));
	assert_int_equal(c.name_length, 4);
	assert_int_equal(c.left, 3);
	assert_int_equal(c.done, 0);
	assert_true(bootspec_count_parse("a+b+0-12.EFI", ".efi", &c));
	assert_int_equal(c.name_length, 3);
	assert_int_equal(c.left, 0);
	assert_int_equal(c.done, 12);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(bootspec_count_parse(none[i], ".efi", &c));
}

static void finds_the_counter_in_a_path(void **state)
{
	(void)state;
	size_t at = 0;

	assert_int_equal(bootspec_count_in_path("EFI/Linux/node+2-1.efi", &at), 4);
	assert_int_equal(at, 14);
	assert_int_equal(bootspec_count_in_path("node+3", &at), 2);
	assert_int_equal(bootspec_count_in_path("EFI/Linux/node.efi", &at), 0);
	/* The first "+" decides. */
	assert_int_equal(bootspec_count_in_path("EFI/Linux/a+b+3.efi", &at), 0);
	assert_int_equal(bootspec_count_in_path("EFI/Linux/a+3x.efi", &at), 0);
	assert_int_equal(bootspec_count_in_path("EFI/Linux/a+3-.efi", &at), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(matches_patterns),
		cmocka_unit_test(orders_versions),
		cmocka_unit_test(reads_counters),
		cmocka_unit_test(finds_the_counter_in_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
