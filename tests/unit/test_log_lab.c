/*
 * Logs of real boots against predictions of real images, where the difference between the two is
 * known.
 */
#include "test.h"

#include "log_lab.h"
#include "measure/measurement_report.h"
#include "measure/report_parse.h"

/* What tells the boot of `log` from that of `image`. */
static uint32_t true_causes(const struct lab_case *image, const struct lab_case *log)
{
	const struct boot_options *a = &image->options, *b = &log->options;
	uint32_t causes = 0;

	if (image == log)
		return 0;
	/* Every image names its case on its command line. */
	causes |= CAUSE(OTHER_COMMAND_LINE);
	if (a->secure_boot != b->secure_boot)
		causes |= b->secure_boot ? CAUSE(SECURE_BOOT_ON) : CAUSE(SECURE_BOOT_OFF);
	if (a->kind != b->kind)
		causes |= b->kind == BOOT_QEMU_KERNEL ? CAUSE(QEMU_KERNEL) : CAUSE(FROM_DISK);
	if (b->load_options && !a->load_options)
		causes |= CAUSE(COMMAND_LINE_PASSED);
	if (log->beside && !image->beside)
		causes |= CAUSE(CREDENTIALS);
	if ((a->load_options && !b->load_options) || (image->beside && !log->beside))
		causes |= CAUSE(NOT_TAKEN);
	if (image->stub != log->stub)
		causes |= CAUSE(OTHER_STUB);
	if (image->pcrpkey != log->pcrpkey)
		causes |= CAUSE(OTHER_SECTION);
	return causes;
}

static void tells_every_pair_apart(void **state)
{
	(void)state;
	if (!lab_folder)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(predicted_release) struct predicted p;

		predict(&cases[i], false, &p);
		for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
			_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(LOG_MAX);
			_cleanup_(firmware_log_release) struct firmware_log log = {0};
			_cleanup_(log_judgement_release) struct log_judgement j = {0};
			uint32_t wanted = true_causes(&cases[i], &cases[k]);

			read_log(&cases[k], &bytes);
			judge(&p, buffer_span(&bytes), NULL, &log, &j);
			if (causes_of(&j) != wanted) {
				show(&j);
				fail_msg("image %s, log %s: causes %x, not %x", cases[i].name,
					 cases[k].name, causes_of(&j), wanted);
			}
			assert_int_equal(j.comparison.n_different == 0, i == k);
			assert_int_equal(j.comparison.has_first, i != k);
		}
	}
}

/* With default options: the options that were used are found. */
static void finds_the_options(void **state)
{
	static const struct {
		const char *name;
		uint32_t cause;
		const char *text;
	} wanted[] = {
		{"s257-sb", CAUSE(SECURE_BOOT_ON), "Secure Boot on"},
		{"s257-direct", CAUSE(QEMU_KERNEL), "started by QEMU's -kernel"},
		{"s257-direct-append", CAUSE(QEMU_KERNEL) | CAUSE(COMMAND_LINE_PASSED),
		 "started by QEMU's -kernel, passed 'console=ttyS0 appended=1'"},
		{"s262-direct", CAUSE(QEMU_KERNEL), "started by QEMU's -kernel"},
	};

	(void)state;
	if (!lab_folder)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		_cleanup_(predicted_release) struct predicted p;
		_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(LOG_MAX);
		_cleanup_(firmware_log_release) struct firmware_log log = {0};
		_cleanup_(log_judgement_release) struct log_judgement j = {0};
		const struct lab_case *c = cases;

		while (strcmp(c->name, wanted[i].name) != 0)
			c++;
		predict(c, true, &p);
		read_log(c, &bytes);
		judge(&p, buffer_span(&bytes), NULL, &log, &j);
		print_message("%s\n", c->name);
		assert_int_equal(causes_of(&j), wanted[i].cause);
		assert_true(j.explained);
		assert_string_equal(j.alternative.text, wanted[i].text);
	}
}

/* What the build wrote of a file explains as much as the file. */
static void explains_from_a_report(void **state)
{
	(void)state;
	if (!lab_folder)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer json = BUFFER_INIT(REPORT_MAX);
		_cleanup_(predicted_release) struct predicted p, read = {0};
		_cleanup_error_ struct error *err = NULL;

		predict(&cases[i], false, &p);
		assert_done(measurement_json(&p.m, &json, &err), &err);
		assert_done(measurement_parse(buffer_span(&json), &read.m, &err), &err);
		assert_int_equal(read.m.events.n, p.m.events.n);
		for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
			_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(LOG_MAX);
			_cleanup_(firmware_log_release) struct firmware_log log = {0};
			_cleanup_(log_judgement_release) struct log_judgement j = {0};

			read_log(&cases[k], &bytes);
			judge(&read, buffer_span(&bytes), NULL, &log, &j);
			assert_int_equal(causes_of(&j), true_causes(&cases[i], &cases[k]));
		}
	}
}

static void refuses_reports(void **state)
{
	static const struct {
		const char *json, *message;
	} wanted[] = {
		{"{\"banks\": {}, \"events\": [1]}", "events: number 1 is not an event"},
		{"{\"banks\": {}, \"events\": [{\"pcr\": 24, \"type\": \"EV_IPL\", "
		 "\"description\": "
		 "\"\"}]}",
		 "events: number 1 is not an event"},
		{"{\"banks\": {}, \"events\": [{\"pcr\": 4, \"type\": \"EV_X\", \"description\": "
		 "\"\"}]}",
		 "events: number 1 is not an event"},
		{"{\"banks\": {}, \"boot\": {\"path\": \"tape\"}}",
		 "boot.path: unknown kind 'tape'"},
		{"{\"banks\": 1}", "banks: missing or not an object"},
	};

	static const char only_tdx[] = "{\"banks\": {}, \"events\": [{\"rtmr\": 0, \"type\": "
				       "\"unknown\", \"description\": \"\"}]}";
	_cleanup_(measurement_release) struct measurement good = {0};

	(void)state;
	assert_int_equal(measurement_parse(span_string(only_tdx), &good, NULL), 0);
	assert_int_equal(good.events.items[0].pcr, EVENT_NO_PCR);
	assert_int_equal(good.events.items[0].rtmr, 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		_cleanup_(measurement_release) struct measurement m = {0};
		struct error *err = NULL;
		int r = measurement_parse(span_string(wanted[i].json), &m, &err);

		assert_failed(r, ERROR_MALFORMED, wanted[i].message, &err);
	}
}

/* Registers of firmware and machine, where they are predicted. */
static void tells_other_machines(void **state)
{
	static const struct {
		const char *log;
		unsigned pcr;
		uint32_t causes;
		const char *text;
	} wanted[] = {
		{"s257", 0, CAUSE(FIRMWARE), "other firmware or another machine: PCR 0"},
		{"s257", 7, CAUSE(FIRMWARE),
		 "other firmware, machine or Secure Boot variables: PCR 7"},
		{"s257-sb", 7, CAUSE(SECURE_BOOT_ON) | CAUSE(OTHER_COMMAND_LINE),
		 "Secure Boot is on"},
	};

	(void)state;
	if (!lab_folder)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct lab_case log_case = {.name = wanted[i].log};
		_cleanup_(predicted_release) struct predicted p;
		_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(LOG_MAX);
		_cleanup_(firmware_log_release) struct firmware_log log = {0};
		_cleanup_(log_judgement_release) struct log_judgement j = {0};

		predict(S257, false, &p);
		for (size_t bank = 0; bank < EVENT_BANKS; bank++) {
			p.m.banks[bank].known[wanted[i].pcr] = true;
			p.m.banks[bank].registers[wanted[i].pcr].bytes[0] ^= 1;
		}
		read_log(&log_case, &bytes);
		judge(&p, buffer_span(&bytes), NULL, &log, &j);
		assert_int_equal(causes_of(&j), wanted[i].causes);
		assert_non_null(strstr(j.findings.items[0].text, wanted[i].text));
		assert_false(j.explained);
	}
}

/* Logs of machines that nothing here was made for. */
static void compares_logs_of_clouds(void **state)
{
	static const struct {
		const char *file;
		uint32_t cause; /* among the others */
	} wanted[] = {
		{"tpm_eventlog.bin", CAUSE(FIRMWARE)},
		{"CCEL_data_gcp", CAUSE(OTHER_IMAGE)},
		{"ccel.bin", CAUSE(QEMU_KERNEL)},
	};
	_cleanup_(predicted_release) struct predicted p;

	(void)state;
	if (!lab_folder)
		skip();
	predict(S257, false, &p);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		_cleanup_free_ char *path =
			string_printf("../shared/vectors/attest/logs/%s", wanted[i].file);
		_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(FIRMWARE_LOG_MAX);
		_cleanup_(firmware_log_release) struct firmware_log log = {0};
		_cleanup_(log_judgement_release) struct log_judgement j = {0};
		_cleanup_error_ struct error *err = NULL;

		assert_done(file_read(path, FIRMWARE_LOG_MAX, &bytes, &err), &err);
		judge(&p, buffer_span(&bytes), NULL, &log, &j);
		print_message("%s\n", wanted[i].file);
		if (!(causes_of(&j) & wanted[i].cause))
			show(&j);
		assert_true(causes_of(&j) & wanted[i].cause);
		assert_int_equal(log.tdx, i > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_every_pair_apart), cmocka_unit_test(finds_the_options),
		cmocka_unit_test(explains_from_a_report), cmocka_unit_test(refuses_reports),
		cmocka_unit_test(tells_other_machines),	  cmocka_unit_test(compares_logs_of_clouds),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
