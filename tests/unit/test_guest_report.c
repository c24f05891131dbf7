#include "test.h"

#include <errno.h>

#include "base/file.h"
#include "guest/report/console_report.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static int setup(void **state)
{
	*state = test_folder();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	test_folder_free(*state);
	return 0;
}

static void write_register(const char *tpm, const char *bank, unsigned pcr, const char *text)
{
	_cleanup_free_ char *banks = string_printf("%s/pcr-%s", tpm, bank);
	_cleanup_free_ char *path = string_printf("%s/%u", banks, pcr);
	struct error *err = NULL;

	assert_done(directory_make(banks, &err), &err);
	assert_done(file_write(path, span_string(text), &err), &err);
}

static void test_without_tpm(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REPORT_MAX);
	_cleanup_free_ char *tpm = path_join(*state, "none");
	struct error *err = NULL;

	assert_done(report_make(tpm, span_string("quiet roothash=" HASH "\n"), false, &text, &err),
		    &err);
	assert_string_equal(buffer_text(&text), "tdnode-report: begin\n"
						"tdnode-report: no tpm\n"
						"tdnode-report: root-hash " HASH "\n"
						"tdnode-report: debug no\n"
						"tdnode-report: end\n");
}

/* As init takes it: a whole word, which other words may hold. */
static void test_root_hash_is_a_word(void **state)
{
	static const struct {
		const char *command_line;
		bool found;
	} cases[] = {
		{"roothash=" HASH, true},
		{"xroothash=1 a=roothash=2 roothash=" HASH " quiet\n", true},
		{"a\troothash=" HASH "\tb", true},
		{"xroothash=" HASH "\n", false},
		{"roothash=" HASH "00", false},
		{"roothash=", false},
	};
	_cleanup_free_ char *tpm = path_join(*state, "none");
	struct error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REPORT_MAX);

		assert_done(
			report_make(tpm, span_string(cases[i].command_line), false, &text, &err),
			&err);
		if (cases[i].found)
			assert_non_null(strstr(buffer_text(&text), ": root-hash " HASH "\n"));
		else
			assert_null(strstr(buffer_text(&text), "root-hash"));
	}
}

static void test_registers(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REPORT_MAX);
	_cleanup_free_ char *tpm = path_join(*state, "tpm0");
	struct error *err = NULL;

	for (unsigned i = 0; i < REPORT_REGISTERS; i++) {
		_cleanup_free_ char *value =
			string_printf("%062X%02X\n", 0u, i); /* upper case, as sysfs prints */

		write_register(tpm, "sha256", i, value);
	}
	assert_done(report_make(tpm, SPAN(NULL, 0), true, &text, &err), &err);
	assert_non_null(
		strstr(buffer_text(&text),
		       "\ntdnode-report: pcr sha256 11 "
		       "000000000000000000000000000000000000000000000000000000000000000b\n"));
	assert_null(strstr(buffer_text(&text), "sha384"));
	assert_null(strstr(buffer_text(&text), "root-hash"));
	assert_non_null(strstr(buffer_text(&text), "\ntdnode-report: debug yes\n"));
}

static void test_bad_register(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REPORT_MAX);
	_cleanup_free_ char *tpm = path_join(*state, "tpm1");
	_cleanup_free_ char *message = string_printf("%s/pcr-sha384/0: not a register", tpm);
	struct error *err = NULL;

	write_register(tpm, "sha384", 0, HASH "\n");
	assert_failed(report_make(tpm, SPAN(NULL, 0), false, &text, &err), ERROR_MALFORMED, message,
		      &err);
}

static void test_variant(void **state)
{
	(void)state;
	assert_true(report_is_debug(span_string("ID=debian\nVARIANT_ID=debug\n")));
	assert_false(report_is_debug(span_string("ID=debian\nVARIANT_ID=debugger\n")));
	assert_false(report_is_debug(span_string("#VARIANT_ID=debug\n")));
	assert_false(report_is_debug(SPAN(NULL, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_tpm), cmocka_unit_test(test_root_hash_is_a_word),
		cmocka_unit_test(test_registers),   cmocka_unit_test(test_bad_register),
		cmocka_unit_test(test_variant),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
