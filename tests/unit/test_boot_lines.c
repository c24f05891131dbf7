#include "test.h"

#include "formats/boot_lines.h"

static void check(const char *line, enum boot_line_kind kind, const char *unit)
{
	struct boot_line l;

	assert_true(boot_line_parse(SPAN(line, strlen(line)), &l));
	assert_int_equal(l.kind, kind);
	assert_string_equal(l.unit, unit);
}

/* Lines of real consoles. */
static void units_are_read(void **state)
{
	(void)state;
	check("         Starting systemd-journald.service - Journal Service...", BOOT_LINE_STARTING,
	      "systemd-journald.service");
	check("[  OK  ] Started tdnode-power.service - Power button.", BOOT_LINE_STARTED,
	      "tdnode-power.service");
	check("[  OK  ] Finished tdnode-config.service - Configuration of the node.",
	      BOOT_LINE_STARTED, "tdnode-config.service");
	check("[  OK  ] Reached target sysinit.target - System Initialization.", BOOT_LINE_STARTED,
	      "sysinit.target");
	check("[  OK  ] Listening on systemd-journald-dev-log.socket - Journal Socket (/dev/log).",
	      BOOT_LINE_STARTED, "systemd-journald-dev-log.socket");
	check("[  OK  ] Mounted etc-machine\\x2did.mount - /etc/machine-id.", BOOT_LINE_STARTED,
	      "etc-machine\\x2did.mount");
	check("[FAILED] Failed to start tdnode-disk.service - Encrypted persistent disk.",
	      BOOT_LINE_FAILED, "tdnode-disk.service");
	check("bash-5.2# [  OK  ] Started a@b.service - x.", BOOT_LINE_STARTED, "a@b.service");
}

static void other_lines_are_not(void **state)
{
	static const char *const lines[] = {
		"",
		"Starting anvil.service - without its indent",
		"         Starting a description without a unit...",
		"         Starting ",
		"         Starting x.service",
		"[  OK  ] Started <script>.service - x.",
		"[  OK  ] Stopped anvil.service - x.",
		/* parentheses: one text */
		("[  OK  ] Started "
		 "0123456789012345678901234567890123456789012345678901234567890.service - x."),
	};
	struct boot_line l;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_false(boot_line_parse(SPAN(lines[i], strlen(lines[i])), &l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_read),
		cmocka_unit_test(other_lines_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
