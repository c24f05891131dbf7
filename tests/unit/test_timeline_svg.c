#include "test.h"

#include "report/timeline_svg.h"

static void take(struct boot_timeline *t, const char *line, uint64_t milliseconds)
{
	boot_timeline_take(t, SPAN(line, strlen(line)), milliseconds);
}

static void test_a_boot(void **state)
{
	_cleanup_(boot_timeline_release) struct boot_timeline t = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(TIMELINE_SVG_MAX);

	(void)state;
	take(&t, "BdsDxe: starting Boot0001", 2500);
	take(&t, "Welcome to x", 5000);
	take(&t, "         Starting a.service - x...", 6000);
	take(&t, "[FAILED] Failed to start a.service - x.", 7000);
	take(&t, "         Starting systemd-b.service - x...", 7500);
	boot_timeline_answer(&t, 10000);
	timeline_svg(&t, 1000, "id", "class", &b);
	assert_true(buffer_ok(&b));
	/* To scale: a quarter of the boot is a quarter of the width. */
	assert_non_null(
		strstr(buffer_text(&b), "<rect class=\"p0\" x=\"0.0\" y=\"0\" width=\"250.0\""));
	assert_non_null(
		strstr(buffer_text(&b), "<rect class=\"p1\" x=\"250.0\" y=\"0\" width=\"250.0\""));
	assert_non_null(strstr(buffer_text(&b), "<rect class=\"unit failed\" x=\"600.0\""));
	assert_non_null(strstr(buffer_text(&b), "a.service: from 6.0 s to 7.0 s, FAILED"));
	/* Whose end was not seen goes on to the last thing that was. */
	assert_non_null(strstr(buffer_text(&b),
			       "<rect class=\"unit unseen\" x=\"750.0\" y=\"96.0\" "
			       "width=\"250.0\""));
	assert_non_null(strstr(buffer_text(&b), "the node answers at 10.0 s"));
}

static void test_names_are_escaped(void **state)
{
	_cleanup_(boot_timeline_release) struct boot_timeline t = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(TIMELINE_SVG_MAX);

	(void)state;
	timeline_svg_file(&t, "</title><script>", &b);
	assert_true(buffer_ok(&b));
	assert_null(strstr(buffer_text(&b), "<script"));
	assert_non_null(strstr(buffer_text(&b), "&lt;/title&gt;&lt;script&gt;"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_boot),
		cmocka_unit_test(test_names_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
