#include "test.h"

#include "formats/digest_list.h"

#define ZEROS "00000000000000000000000000000000"

static void reads_digests(void **state)
{
	(void)state;
	_cleanup_error_ struct error *err = NULL;
	struct digest d[2];

	assert_done(digest_list_parse(SPAN_LITERAL(ZEROS "00000001\n" ZEROS "000000fF"),
				      DIGEST_SHA1, d, 2, &err),
		    &err);
	assert_int_equal(d[0].algorithm, DIGEST_SHA1);
	assert_int_equal(d[0].bytes[19], 1);
	assert_int_equal(d[1].bytes[19], 0xff);
}

static void refuses_other_text(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{"", "0 lines, not 1 of a digest each"},
		{"\n", "line 1: not a sha1 digest"},
		{ZEROS "0000000", "line 1: not a sha1 digest"},
		{ZEROS "000000001", "line 1: not a sha1 digest"},
		{ZEROS "0000000g", "line 1: not a sha1 digest"},
		{" " ZEROS "00000000", "line 1: not a sha1 digest"},
		{ZEROS "00000000\n\n", "2 lines, not 1 of a digest each"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_error_ struct error *err = NULL;
		struct digest d;

		assert_failed(
			digest_list_parse(span_string(cases[i].text), DIGEST_SHA1, &d, 1, &err),
			ERROR_MALFORMED, cases[i].message, &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_digests),
		cmocka_unit_test(refuses_other_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
