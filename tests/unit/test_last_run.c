#include "test.h"

#include "vm/last_run.h"

#define TEXT                                                                                 \
	"{\"version\": 1, \"image\": \"devnet\", \"started\": 1795989398, \"accelerator\": " \
	"\"TCG\", \"sha256\": null, \"registers\": \"equal\", \"outcome\": \"ready\", "      \
	"\"message\": null, \"timeline\": {\"phases\": {\"firmware\": 0}, \"units\": [], "   \
	"\"answer\": 9}}"

static void test_what_is_read_is_written(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LAST_RUN_MAX);
	_cleanup_(last_run_release) struct last_run r = {0}, again = {0};

	(void)state;
	assert_int_equal(last_run_parse(SPAN_LITERAL(TEXT), &r, NULL), 0);
	assert_string_equal(r.image, "devnet");
	assert_int_equal(r.started, 1795989398);
	assert_string_equal(r.registers, "equal");
	assert_null(r.sha256);
	assert_null(r.message);
	assert_int_equal(r.outcome, RUN_READY);
	assert_true(r.timeline.answered);
	assert_int_equal(last_run_format(&r, &text, NULL), 0);
	assert_int_equal(last_run_parse(buffer_span(&text), &again, NULL), 0);
	assert_string_equal(again.accelerator, "TCG");
	assert_int_equal(again.timeline.answer, 9);
}

static void check_refused(const char *text, int code, const char *message)
{
	_cleanup_(last_run_release) struct last_run r = {0};
	_cleanup_error_ struct error *e = NULL;

	assert_int_equal(last_run_parse(SPAN(text, strlen(text)), &r, &e), code);
	assert_string_equal(error_message(e), message);
}

static void test_other_records_are_refused(void **state)
{
	(void)state;
	check_refused("{\"version\": 2}", -ERROR_UNSUPPORTED, "version 2, not 1");
	check_refused(
		"{\"version\": 1, \"started\": 1, \"image\": \"x\", \"accelerator\": \"KVM\", "
		"\"sha256\": null, \"registers\": null, \"message\": null, \"outcome\": \"won\"}",
		-ERROR_MALFORMED, "'outcome': 'won' is not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_read_is_written),
		cmocka_unit_test(test_other_records_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
