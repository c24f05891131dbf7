#include "test.h"

#include <errno.h>

#include "formats/json.h"

static void test_texts(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);
	struct error *err = NULL;

	(void)state;
	assert_done(json_text(json_pack("{s:i, s:s}", "b", 1, "a", "x"), &b, &err), &err);
	assert_done(json_text_sorted(json_pack("{s:i, s:s}", "b", 1, "a", "x"), &b, &err), &err);
	assert_string_equal(buffer_text(&b), "{\n  \"b\": 1,\n  \"a\": \"x\"\n}\n"
					     "{\n  \"a\": \"x\",\n  \"b\": 1\n}\n");
}

static void test_failures(void **state)
{
	_cleanup_(buffer_release) struct buffer small = BUFFER_INIT(2);
	struct error *err = NULL;

	(void)state;
	assert_null(json_complete(json_object(), false));
	/* jansson makes nothing of text that is not UTF-8. */
	assert_failed(json_text(json_pack("{s:s}", "a", "\xff"), &small, &err), ENOMEM,
		      "cannot make the document: out of memory or text that is not UTF-8", &err);
	assert_failed(json_text(json_pack("[i]", 1), &small, &err), ENOMEM, "out of memory", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
