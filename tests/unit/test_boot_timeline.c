#include "test.h"

#include "vm/boot_timeline.h"

static void take(struct boot_timeline *t, const char *line, uint64_t milliseconds)
{
	boot_timeline_take(t, SPAN(line, strlen(line)), milliseconds);
}

/* As the console of a devnet said it. */
static void boot(struct boot_timeline *t)
{
	take(t, "BdsDxe: loading Boot0001 \"UEFI Misc Device\" from PciRoot(0x0)/Pci(0x1,0x0)",
	     3900);
	take(t, "BdsDxe: starting Boot0001 \"UEFI Misc Device\" from PciRoot(0x0)/Pci(0x1,0x0)",
	     4000);
	take(t, "EFI stub: Measured initrd data into PCR 9", 5000);
	take(t, "Welcome to Debian GNU/Linux 13 (trixie)!", 11000);
	take(t, "[    8.759108] systemd[1]: bpf-restrict-fs: Failed to load BPF object", 11100);
	take(t, "[  OK  ] Reached target paths.target - Path Units.", 11500);
	take(t, "         Starting systemd-journald.service - Journal Service...", 11600);
	take(t, "         Starting tdnode-disk.service - Encrypted persistent disk...", 12000);
	take(t, "[  OK  ] Started systemd-journald.service - Journal Service.", 13000);
	take(t, "[FAILED] Failed to start tdnode-disk.service - Encrypted persistent disk.", 14000);
	take(t, "[  OK  ] Started anvil.service - Ethereum development node.", 15000);
	take(t, "         Starting tdnode-status.service - Status on the console...", 15500);
}

static void check_phase(const struct boot_timeline *t, enum timeline_phase p, uint64_t begin,
			uint64_t end)
{
	uint64_t b, e;

	assert_true(boot_timeline_phase(t, p, &b, &e));
	assert_int_equal(b, begin);
	assert_int_equal(e, end);
}

static void check_boot(const struct boot_timeline *t)
{
	check_phase(t, TIMELINE_FIRMWARE, 0, 4000);
	check_phase(t, TIMELINE_KERNEL, 4000, 11000);
	check_phase(t, TIMELINE_INIT, 11000, 11500);
	check_phase(t, TIMELINE_UNITS, 11500, 15000);
	check_phase(t, TIMELINE_NODE, 15000, 20000);
	assert_int_equal(t->n, 5);
	assert_string_equal(t->units[1].name, "systemd-journald.service");
	assert_int_equal(t->units[1].begin, 11600);
	assert_int_equal(t->units[1].end, 13000);
	assert_false(t->units[1].failed);
	assert_true(t->units[2].failed);
	assert_string_equal(t->units[3].name, "anvil.service");
	assert_false(t->units[4].ended);
	assert_int_equal(boot_timeline_end(t), 20000);
}

static void test_phases(void **state)
{
	_cleanup_(boot_timeline_release) struct boot_timeline t = {0};

	(void)state;
	boot(&t);
	boot_timeline_answer(&t, 20000);
	/* What starts later is no part of the boot; what was under way may end. */
	take(&t, "         Starting late.service - x...", 21000);
	check_boot(&t);
	take(&t, "[  OK  ] Started tdnode-status.service - Status on the console.", 22000);
	assert_true(t.units[4].ended);
	assert_int_equal(t.n, 5);
}

static void test_a_boot_that_stops(void **state)
{
	_cleanup_(boot_timeline_release) struct boot_timeline t = {0};
	uint64_t b, e;

	(void)state;
	assert_false(boot_timeline_phase(&t, TIMELINE_FIRMWARE, &b, &e));
	assert_int_equal(boot_timeline_end(&t), 0);
	take(&t, "BdsDxe: starting Boot0001", 4000);
	/* Firmware does not start units, whatever it prints. */
	take(&t, "[  OK  ] Started early.service - x.", 4100);
	check_phase(&t, TIMELINE_FIRMWARE, 0, 4000);
	check_phase(&t, TIMELINE_KERNEL, 4000, 4000);
	assert_false(boot_timeline_phase(&t, TIMELINE_INIT, &b, &e));
	assert_int_equal(t.n, 0);
}

/* Of a console on which systemd's own lines were lost. */
static void test_a_node_without_its_line(void **state)
{
	_cleanup_(boot_timeline_release) struct boot_timeline t = {0};

	(void)state;
	take(&t, "[   44.4] persistent[232]: tdnode-persistent: /persistent is ready", 1);
	take(&t, "Welcome to x", 5);
	take(&t, "[  OK  ] Reached target paths.target - Path Units.", 6);
	take(&t, "[   44.4] persistent[232]: tdnode-persistent: /persistent is ready", 7);
	boot_timeline_answer(&t, 9);
	check_phase(&t, TIMELINE_UNITS, 6, 7);
	check_phase(&t, TIMELINE_NODE, 7, 9);
}

static void test_many_units(void **state)
{
	_cleanup_(boot_timeline_release) struct boot_timeline t = {0};

	(void)state;
	take(&t, "Welcome to x", 1);
	for (unsigned i = 0; i < 2 * TIMELINE_UNITS_MAX; i++) {
		char line[80];

		snprintf(line, sizeof line, "[  OK  ] Started u%u.target - x.", i);
		take(&t, line, i);
	}
	assert_int_equal(t.n, TIMELINE_UNITS_MAX);
}

static void test_json(void **state)
{
	_cleanup_(boot_timeline_release) struct boot_timeline t = {0}, again = {0};
	_cleanup_json_ json_t *json = NULL;
	_cleanup_error_ struct error *e = NULL;

	(void)state;
	boot(&t);
	boot_timeline_answer(&t, 20000);
	json = boot_timeline_json(&t);
	assert_non_null(json);
	assert_int_equal(boot_timeline_parse(json, &again, &e), 0);
	check_boot(&again);
}

static void check_refused(const char *text, const char *message)
{
	_cleanup_(boot_timeline_release) struct boot_timeline t = {0};
	_cleanup_json_ json_t *json = json_loads(text, 0, NULL);
	_cleanup_error_ struct error *e = NULL;

	assert_non_null(json);
	assert_true(boot_timeline_parse(json, &t, &e) < 0);
	assert_string_equal(error_message(e), message);
}

static void test_json_that_is_wrong(void **state)
{
	(void)state;
	check_refused(
		"{\"phases\": {\"firmware\": 5, \"kernel\": 4}, \"units\": [], \"answer\": null}",
		"'kernel' begins before what is before it");
	check_refused("{\"phases\": {}, \"units\": [{\"name\": \"a.b\", \"begin\": 2, \"end\": 1, "
		      "\"failed\": false}], \"answer\": null}",
		      "units[0]: 'end': before 'begin'");
	check_refused("{\"phases\": {}, \"units\": [{\"name\": "
		      "\"0123456789012345678901234567890123456789012345678901234567890123.x\", "
		      "\"begin\": 2, \"end\": null, \"failed\": false}], \"answer\": null}",
		      "units[0]: 'name': a unit of more than 63 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_a_boot_that_stops),
		cmocka_unit_test(test_a_node_without_its_line),
		cmocka_unit_test(test_many_units),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_that_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
