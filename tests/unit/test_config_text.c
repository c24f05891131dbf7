#include "test.h"

#include "formats/config_text.h"

static void finds_values(void **state)
{
	const struct span text = SPAN_LITERAL("AB=x y\nA=\nABC=A=z\nD\n");
	struct span value = {0};

	(void)state;
	assert_true(config_text_find(text, SPAN_LITERAL("A"), &value));
	assert_int_equal(value.n, 0);
	assert_true(config_text_find(text, SPAN_LITERAL("AB"), &value));
	assert_true(span_equal(value, SPAN_LITERAL("x y")));
	assert_true(config_text_find(text, SPAN_LITERAL("ABC"), &value));
	assert_true(span_equal(value, SPAN_LITERAL("A=z")));
	assert_false(config_text_find(text, SPAN_LITERAL("B"), &value));
	assert_false(config_text_find(text, SPAN_LITERAL("D"), &value));
	assert_false(config_text_find(SPAN("", 0), SPAN_LITERAL("A"), &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(finds_values)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
