#include "test.h"

#include <errno.h>

#include "base/text.h"
#include "guest/clock/clock.h"

static void test_right(void **state)
{
	static const struct {
		int state, status;
		long maxerror;
		bool right;
	} cases[] = {
		{TIME_OK, 0, 0, true},
		{TIME_OK, STA_PLL, 500000, true},
		{TIME_INS, 0, 1000, true},
		{TIME_OK, 0, 500001, false},
		{TIME_OK, STA_UNSYNC, 0, false},
		{TIME_ERROR, 0, 0, false},
		{TIME_ERROR, STA_UNSYNC, 16000000, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct timex t = {.status = cases[i].status, .maxerror = cases[i].maxerror};

		assert_int_equal(clock_is_right(&t, cases[i].state), cases[i].right);
	}
}

static void test_check(void **state)
{
	static const struct {
		const char *configuration;
		enum clock_check check;
	} cases[] = {
		{"", CLOCK_NTS},
		{"XCLOCK=host\n", CLOCK_NTS},
		{"CLOCK=\n", CLOCK_NTS},
		{"A=CLOCK=host\nCLOCK=nts\n", CLOCK_NTS},
		{"A=b\nCLOCK=host\nB=c\n", CLOCK_HOST},
	};
	struct error *err = NULL;
	enum clock_check check;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_done(clock_check_parse(span_string(cases[i].configuration), &check, &err),
			    &err);
		assert_int_equal(check, cases[i].check);
	}
	assert_failed(clock_check_parse(span_string("CLOCK=hosts"), &check, &err), ERROR_MALFORMED,
		      "CLOCK=hosts in the configuration: 'nts' or 'host'", &err);
}

static void assert_sources(const char *configuration, const char *image, const char *device,
			   const char *expected)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CLOCK_SOURCES_MAX);
	struct error *err = NULL;

	assert_done(
		clock_sources(span_string(configuration), span_string(image), device, &text, &err),
		&err);
	assert_string_equal(buffer_text(&text), expected);
}

static void test_sources(void **state)
{
	(void)state;
	assert_sources("NTS_SERVERS=a.example\n", "b.example\n", NULL,
		       "server a.example nts iburst maxpoll 8 trust require\nminsources 1\n");
	/* The host's clock is neither trusted nor enough. */
	assert_sources("X=y\nNTS_SERVERS=a.example 192.0.2.1  2001:db8::1\nZ=\n", "", "/dev/ptp0",
		       "server a.example nts iburst maxpoll 8 trust require\n"
		       "server 192.0.2.1 nts iburst maxpoll 8 trust require\n"
		       "server 2001:db8::1 nts iburst maxpoll 8 trust require\n"
		       "minsources 2\n"
		       "refclock PHC /dev/ptp0 poll 3 stratum 2\n");
}

static void test_servers_of_the_image(void **state)
{
	static const char image[] = "# of two\na.example\n\nb.example\n";
	static const char expected[] = "server a.example nts iburst maxpoll 8 trust require\n"
				       "server b.example nts iburst maxpoll 8 trust require\n"
				       "minsources 2\n";

	(void)state;
	assert_sources("", image, NULL, expected);
	assert_sources("NTS_SERVERS=\n", image, NULL, expected);
	assert_sources("XNTS_SERVERS=c.example\n", image, NULL, expected);
}

static void test_bad_sources(void **state)
{
	static const struct {
		const char *configuration, *image, *message;
		int code;
	} cases[] = {
		{"", "", "no time servers", ENOENT},
		{"NTS_SERVERS=\n", "# none\n", "no time servers", ENOENT},
		{"NTS_SERVERS=a #b\n", "a", "time servers: '#b' is no host", ERROR_MALFORMED},
		{"NTS_SERVERS=-a\n", "a", "time servers: '-a' is no host", ERROR_MALFORMED},
		{"", "a\nb!\n", "time servers: 'b!' is no host", ERROR_MALFORMED},
		{"NTS_SERVERS=a b c d e f g h i j k l m n o p q\n", "", "more than 16 time servers",
		 E2BIG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CLOCK_SOURCES_MAX);
		struct error *err = NULL;

		assert_failed(clock_sources(span_string(cases[i].configuration),
					    span_string(cases[i].image), NULL, &text, &err),
			      cases[i].code, cases[i].message, &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),	    cmocka_unit_test(test_check),
		cmocka_unit_test(test_sources),	    cmocka_unit_test(test_servers_of_the_image),
		cmocka_unit_test(test_bad_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
