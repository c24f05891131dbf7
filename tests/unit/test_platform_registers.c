#include "test.h"

#include "base/file.h"
#include "explain/log_explain_platform.h"
#include "explain/platform_registers.h"

/* Of a boot under QEMU and OVMF. */
#define LOG "tests/golden/qemu-ovmf.eventlog"

static void read_log_of(const char *path, struct buffer *ret)
{
	struct error *err = NULL;

	*ret = (struct buffer)BUFFER_INIT(FIRMWARE_LOG_MAX);
	assert_done(file_read(path, FIRMWARE_LOG_MAX, ret, &err), &err);
}

static void read_log(struct buffer *ret)
{
	read_log_of(LOG, ret);
}

/* Appends an event whose digests are those of `measured`. */
static void put_event(struct buffer *log, unsigned pcr, enum eventlog_type type, struct span data,
		      struct span measured)
{
	static const struct {
		uint16_t id;
		enum digest_algorithm algorithm;
	} banks[] = {{EVENTLOG_SHA256, DIGEST_SHA256}, {EVENTLOG_SHA384, DIGEST_SHA384}};

	buffer_put_le32(log, pcr);
	buffer_put_le32(log, type);
	buffer_put_le32(log, ARRAY_SIZE(banks));
	for (size_t i = 0; i < ARRAY_SIZE(banks); i++) {
		struct digest d = digest_bytes(banks[i].algorithm, measured);

		buffer_put_le16(log, banks[i].id);
		buffer_put(log, digest_span(&d));
	}
	buffer_put_le32(log, (uint32_t)data.n);
	buffer_put(log, data);
}

/* A variable of this ASCII name, with four bytes of data. */
static void put_variable(struct buffer *log, const char *name, bool measured)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(256);

	buffer_put_zeros(&b, 16);
	buffer_put_le64(&b, strlen(name));
	buffer_put_le64(&b, 4);
	for (const char *p = name; *p; p++)
		buffer_put_le16(&b, (uint8_t)*p);
	buffer_put_string(&b, "data");
	put_event(log, 1, EV_EFI_VARIABLE_BOOT, buffer_span(&b),
		  measured ? SPAN_LITERAL("data") : SPAN_LITERAL("atad"));
}

static int read_platform(const struct buffer *log, struct platform_registers *ret,
			 struct buffer *text, struct error **err)
{
	*text = (struct buffer)BUFFER_INIT(PLATFORM_TEXT_MAX);
	return platform_registers_read("log", buffer_span(log), PLATFORM_DRIVERS_REFUSED, ret, text,
				       err);
}

static void assert_register(const struct digest *d, const char *expected)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	assert_string_equal(hex, expected);
}

static void takes_a_good_boot(void **state)
{
	_cleanup_(buffer_release) struct buffer log, text;
	struct platform_registers p;
	struct error *err = NULL;

	(void)state;
	read_log(&log);
	assert_done(read_platform(&log, &p, &text, &err), &err);
	assert_register(&p.registers[0],
			"0101271704ccc2360ddbb08438d591c23fb8a0a9cb0cebc60cefea7868833f8e");
	assert_register(&p.registers[1],
			"4ee99c6699904fe0516f396fd479ca899dcb5b9a1bcce13f7c394ade64ed3e9d");
	assert_register(&p.registers[2],
			"3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969");
	assert_register(&p.registers[3],
			"3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969");
	assert_register(&p.secure_boot,
			"b5710bf57d25623e4019027da116821fa99f5c81e9e38b87671cc574f9281439");
	assert_non_null(strstr(buffer_text(&text), "ACPI DATA\n"));
	assert_non_null(strstr(buffer_text(&text), "Boot0001: UEFI Misc Device"));
}

enum change {
	DRIVER,
	ROM_DRIVER,
	DRIVER_VARIABLE,
	PREPARATION_VARIABLE,
	UNREADABLE_VARIABLE,
	FORGED_VARIABLE,
	SETTINGS,
	NO_SEPARATOR,
};

static void change_log(enum change what, struct buffer *log)
{
	static const uint8_t image[36] = {0}; /* UEFI_IMAGE_LOAD_EVENT without a path */
	_cleanup_(firmware_log_release) struct firmware_log l = {0};

	switch (what) {
	case DRIVER:
	case ROM_DRIVER:
		put_event(log, 2,
			  what == DRIVER ? EV_EFI_BOOT_SERVICES_DRIVER
					 : EV_EFI_RUNTIME_SERVICES_DRIVER,
			  SPAN(image, sizeof image), SPAN_LITERAL("driver"));
		return;
	case DRIVER_VARIABLE:
		put_variable(log, "Driver0000", true);
		return;
	case PREPARATION_VARIABLE:
		put_variable(log, "SysPrepOrder", true);
		return;
	case UNREADABLE_VARIABLE:
		put_event(log, 1, EV_EFI_VARIABLE_BOOT, SPAN_LITERAL("short"),
			  SPAN_LITERAL("short"));
		return;
	case FORGED_VARIABLE:
		put_variable(log, "Boot0003", false);
		return;
	case SETTINGS:
		put_event(log, 3, EV_EVENT_TAG, SPAN_LITERAL("x"), SPAN_LITERAL("x"));
		return;
	case NO_SEPARATOR:
		assert_int_equal(firmware_log_parse(buffer_span(log), &l, NULL), 0);
		for (size_t i = 0; i < l.n; i++) {
			if (l.events[i].pcr == 2)
				put_le32(log->p + l.events[i].offset, 6);
		}
		return;
	}
}

static void refuses_what_ran_before(void **state)
{
	static const struct {
		enum change change;
		const char *message; /* its start */
	} cases[] = {
		{DRIVER,
		 "log: code other than the firmware's own ran before the image, or was due to: "
		 "event at 0x1871, PCR 2, EV_EFI_BOOT_SERVICES_DRIVER: "},
		{ROM_DRIVER,
		 "log: code other than the firmware's own ran before the image, or was due to: "
		 "event at 0x1871, PCR 2, EV_EFI_RUNTIME_SERVICES_DRIVER: "},
		{DRIVER_VARIABLE,
		 "log: code other than the firmware's own ran before the image, or was due to: "
		 "event at 0x1871, PCR 1, EV_EFI_VARIABLE_BOOT: Driver0000"},
		{PREPARATION_VARIABLE, "log: code other than the firmware's own ran before the "
				       "image, or was due to: event at "
				       "0x1871, PCR 1, EV_EFI_VARIABLE_BOOT: SysPrepOrder"},
		{UNREADABLE_VARIABLE, "log: event at 0x1871: a boot variable that cannot be read"},
		{FORGED_VARIABLE,
		 "log: event at 0x1871: the boot variable is not what was measured"},
		{SETTINGS, "log: PCR 3 holds more than the firmware's separator: a driver, or its "
			   "settings"},
		{NO_SEPARATOR,
		 "log: nothing was measured into PCR 2: not the log of a measured boot"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer log, text;
		_cleanup_error_ struct error *err = NULL;
		struct platform_registers p;

		read_log(&log);
		change_log(cases[i].change, &log);
		assert_true(buffer_ok(&log));
		assert_int_equal(read_platform(&log, &p, &text, &err), -ERROR_REFUSED);
		if (strncmp(error_message(err), cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("%s", error_message(err));
	}
}

/* Firmware of clouds starts drivers of its own: taken by an explicit word, variables not even so. */
static void accepts_drivers(void **state)
{
	static const struct {
		enum change change;
		bool taken;
		unsigned pcr; /* that has them */
	} cases[] = {
		{DRIVER, true, 2},	     {ROM_DRIVER, true, 2},	  {SETTINGS, true, 3},
		{DRIVER_VARIABLE, false, 1}, {FORGED_VARIABLE, false, 1}, {NO_SEPARATOR, false, 2},
	};
	const struct digest none = platform_no_drivers();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer log;
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PLATFORM_TEXT_MAX);
		struct platform_registers p;
		int r;

		read_log(&log);
		change_log(cases[i].change, &log);
		r = platform_registers_read("log", buffer_span(&log), PLATFORM_DRIVERS_ACCEPTED, &p,
					    &text, NULL);
		assert_int_equal(r, cases[i].taken ? 0 : -ERROR_REFUSED);
		for (unsigned pcr = 2; r >= 0 && pcr < PLATFORM_REGISTERS; pcr++)
			assert_int_equal(digest_equal(&p.registers[pcr], &none),
					 pcr != cases[i].pcr);
	}
}

/* The same code as causes, for whoever compares a log with a prediction. */
static void names_causes(void **state)
{
	static const struct {
		enum change change;
		enum log_cause cause;
		const char *text; /* its start */
	} cases[] = {
		{DRIVER, LOG_DRIVER, "a driver or option ROM ran before the image: "},
		{ROM_DRIVER, LOG_DRIVER, "a driver or option ROM ran before the image: "},
		{DRIVER_VARIABLE, LOG_BOOT_VARIABLE,
		 "a variable starts other code before the image: Driver0000"},
		{PREPARATION_VARIABLE, LOG_BOOT_VARIABLE,
		 "a variable starts other code before the image: SysPrepOrder"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer log;
		_cleanup_(firmware_log_release) struct firmware_log l = {0};
		_cleanup_(log_findings_release) struct log_findings f = {0};

		read_log(&log);
		change_log(cases[i].change, &log);
		assert_int_equal(firmware_log_parse(buffer_span(&log), &l, NULL), 0);
		/* What the good boot has, too, is the machine's own. */
		log_explain_foreign(&l, &l, &f);
		assert_int_equal(f.n, 0);
		log_explain_foreign(&l, NULL, &f);
		assert_int_equal(f.n, 1);
		assert_int_equal(f.items[0].cause, cases[i].cause);
		assert_int_equal(f.items[0].event, l.n - 1);
		if (strncmp(f.items[0].text, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("%s", f.items[0].text);
	}
}

enum otherwise {
	SAME,
	ACPI_TABLE, /* one has other bytes */
	NEW_VARIABLE,
	LOST_VARIABLE,
	FIRMWARE,
	NEW_DRIVER, /* told by log_explain_foreign() */
	DRIVER_SETTINGS,
	TWICE, /* an event comes again */
};

/* Inverts the first byte of the SHA-256 of the first event of this kind. */
static void change_event(struct buffer *log, unsigned pcr, enum eventlog_type type)
{
	_cleanup_(firmware_log_release) struct firmware_log l = {0};

	assert_int_equal(firmware_log_parse(buffer_span(log), &l, NULL), 0);
	for (size_t i = 0; i < l.n; i++) {
		if (l.events[i].pcr != pcr || l.events[i].type != type)
			continue;
		struct span d = eventlog_digest(&l.events[i], EVENTLOG_SHA256);

		log->p[d.p - log->p] ^= 0xff;
		return;
	}
	fail();
}

static void change_platform(enum otherwise what, struct buffer *log, struct buffer *good)
{
	switch (what) {
	case SAME:
		return;
	case ACPI_TABLE:
		change_event(log, 1, EV_PLATFORM_CONFIG_FLAGS);
		return;
	case NEW_VARIABLE:
		put_variable(log, "Boot0099", true);
		return;
	case LOST_VARIABLE:
		put_variable(good, "Boot0099", true);
		return;
	case FIRMWARE:
		change_event(log, 0, EV_S_CRTM_VERSION);
		return;
	case NEW_DRIVER:
		change_log(DRIVER, log);
		return;
	case DRIVER_SETTINGS:
		change_log(SETTINGS, log);
		return;
	case TWICE:
		put_variable(log, "Boot0099", true);
		put_variable(log, "Boot0099", true);
		put_variable(good, "Boot0099", true);
		return;
	}
}

/* Against the log of a good boot on the same machine. */
static void names_another_platform(void **state)
{
	static const struct {
		enum otherwise change;
		enum log_cause cause;
		const char *text; /* its start; NULL: nothing is found */
	} cases[] = {
		{SAME, 0, NULL},
		{NEW_DRIVER, 0, NULL},
		{ACPI_TABLE, LOG_ACPI_TABLES,
		 "ACPI tables, or other configuration of the machine: PCR 1 has an event that the "
		 "good boot lacks (event "},
		{NEW_VARIABLE, LOG_BOOT_VARIABLE,
		 "a boot variable: PCR 1 has an event that the good boot lacks (event 45: "
		 "Boot0099"},
		{LOST_VARIABLE, LOG_BOOT_VARIABLE,
		 "a boot variable: PCR 1 lacks an event of the good boot (its event 45: Boot0099"},
		{FIRMWARE, LOG_FIRMWARE,
		 "firmware, or its Secure Boot variables: PCR 0 has an event that the good boot "
		 "lacks (event "},
		{DRIVER_SETTINGS, LOG_DRIVER,
		 "a driver, or settings of one: PCR 3 has an event that the good boot lacks "},
		{TWICE, LOG_FIRMWARE,
		 "PCR 1 has the events of the good boot in another number or order"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer log, good;
		_cleanup_(firmware_log_release) struct firmware_log l = {0}, g = {0};
		_cleanup_(log_findings_release) struct log_findings f = {0};
		struct error *err = NULL;

		read_log(&log);
		read_log(&good);
		change_platform(cases[i].change, &log, &good);
		assert_int_equal(firmware_log_parse(buffer_span(&log), &l, NULL), 0);
		assert_int_equal(firmware_log_parse(buffer_span(&good), &g, NULL), 0);
		assert_done(log_explain_platform(&l, &g, &f, &err), &err);
		assert_int_equal(f.n, cases[i].text != NULL);
		if (!cases[i].text)
			continue;
		assert_int_equal(f.items[0].cause, cases[i].cause);
		if (strncmp(f.items[0].text, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("%s", f.items[0].text);
	}
}

/* Logs of four boots of one machine: as it is, with an ACPI table more, with the network card's option ROM, with
 * a driver that a Driver#### variable starts (tests/vm/disk-platform). */
static void names_real_ones(void **state)
{
	static const struct {
		const char *log;
		size_t n;
		enum log_cause cause;
		const char *text; /* its start */
	} cases[] = {
		{"good", 0, 0, ""},
		{"acpi", 3, LOG_ACPI_TABLES,
		 "ACPI tables, or other configuration of the machine: PCR 1 has an event that the "
		 "good boot lacks (event 10: ACPI DATA)"},
		{"rom", 1, LOG_DRIVER,
		 "a driver or option ROM ran before the image: PciRoot(0x0)/Pci(0x4,0x0)"},
		{"driver", 1, LOG_DRIVER,
		 "a driver or option ROM ran before the image: "
		 "PciRoot(0x0)/Pci(0x1,0x0)/HD(1,GPT,"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path =
			string_printf("tests/golden/platform-%s.eventlog", cases[i].log);
		_cleanup_(buffer_release) struct buffer log, good;
		_cleanup_(firmware_log_release) struct firmware_log l = {0}, g = {0};
		_cleanup_(log_findings_release) struct log_findings f = {0};
		struct error *err = NULL;

		read_log_of(path, &log);
		read_log_of("tests/golden/platform-good.eventlog", &good);
		assert_done(firmware_log_parse(buffer_span(&log), &l, &err), &err);
		assert_done(firmware_log_parse(buffer_span(&good), &g, &err), &err);
		log_explain_foreign(&l, &g, &f);
		assert_done(log_explain_platform(&l, &g, &f, &err), &err);
		for (size_t k = 0; k < f.n; k++)
			print_message("%s: %s\n", cases[i].log, f.items[k].text);
		assert_int_equal(f.n, cases[i].n);
		if (f.n == 0)
			continue;
		assert_int_equal(f.items[0].cause, cases[i].cause);
		if (strncmp(f.items[0].text, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("%s", f.items[0].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_good_boot),	  cmocka_unit_test(refuses_what_ran_before),
		cmocka_unit_test(accepts_drivers),	  cmocka_unit_test(names_causes),
		cmocka_unit_test(names_another_platform), cmocka_unit_test(names_real_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
