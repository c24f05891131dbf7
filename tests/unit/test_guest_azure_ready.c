#include "test.h"

#include "azure_service.h"
#include "base/text.h"

/* It ends where the connection does. */
#define OK(body) "HTTP/1.1 200 OK\r\n\r\n" body
#define GOAL_STATE                                                                            \
	OK("<GoalState><Incarnation>3</Incarnation><Container><ContainerId>c-1</ContainerId>" \
	   "<RoleInstanceList><RoleInstance><InstanceId>i.2</InstanceId></RoleInstance>"      \
	   "</RoleInstanceList></Container></GoalState>")
#define TAKEN "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define HEADERS "Host: 168.63.129.16\r\nx-ms-agent-name: tdnode\r\nx-ms-version: 2012-11-30\r\n"
#define ASKED "GET /machine/?comp=goalstate HTTP/1.1\r\n" HEADERS "Connection: close\r\n\r\n"
#define REPORTED(n, health)                                                                 \
	"POST /machine?comp=health HTTP/1.1\r\n" HEADERS                                    \
	"Content-Type: text/xml;charset=utf-8\r\nContent-Length: " n                        \
	"\r\nConnection: close\r\n\r\n<?xml version=\"1.0\" encoding=\"utf-8\"?><Health>"   \
	"<GoalStateIncarnation>3</GoalStateIncarnation><Container><ContainerId>c-1"         \
	"</ContainerId><RoleInstanceList><Role><InstanceId>i.2</InstanceId><Health>" health \
	"</Health></Role></RoleInstanceList></Container></Health>"
#define READY REPORTED("269", "<State>Ready</State>")

static unsigned said;

static void _printf_(1, 2) say(const char *fmt, ...)
{
	(void)fmt;
	said++;
}

/* Reported in the end, by exactly these requests. */
static void assert_reports(const char *const *answers, size_t n, const char *not_ready,
			   const char *requests, unsigned says)
{
	struct service s = {.answers = answers, .n = n};
	_cleanup_error_ struct error *err = NULL;
	_cleanup_free_ char *found = NULL;

	service_start(&s);
	said = 0;
	assert_done(azure_report(&s.options, not_ready, say, &err), &err);
	found = service_stop(&s);
	assert_string_equal(found, requests);
	assert_int_equal(said, says);
}

static void reports(void **state)
{
	static const char *const answers[] = {GOAL_STATE, TAKEN};

	(void)state;
	assert_reports(answers, 2, NULL, ASKED READY, 0);
	assert_reports(answers, 2, "tdnode-disk: <x>",
		       ASKED REPORTED("381",
				      "<State>NotReady</State><Details><SubStatus>"
				      "ProvisioningFailed</SubStatus><Description>tdnode-disk: "
				      "&lt;x&gt;</Description></Details>"),
		       0);
}

/* Whatever was wrong, it is asked again from the beginning, and said once. */
static void reports_in_the_end(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
		"",
		"SSH-2.0-OpenSSH\r\n\r\n",
		"HTTP/1.1 301 There\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
		OK("nonsense"),
		ENDLESS,
		GOAL_STATE,
		"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
		GOAL_STATE,
		TAKEN,
	};

	(void)state;
	assert_reports(answers, ARRAY_SIZE(answers), NULL,
		       ASKED ASKED ASKED ASKED ASKED ASKED ASKED READY ASKED READY, 1);
}

static void gives_up(void **state)
{
	static const struct {
		const char *answer, *message;
	} cases[] = {
		{SILENT, "not reported: no answer: Connection timed out"},
		{"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "not reported: status 500"},
		{OK("<a>"), "not reported: goal state: it ends within an element"},
		{OK("<!DOCTYPE a>"), "not reported: goal state: a declaration"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct service s = {.answers = &cases[i].answer, .n = 1};
		_cleanup_error_ struct error *err = NULL;
		_cleanup_free_ char *requests = NULL;

		service_start(&s);
		s.options.attempt_milliseconds = s.options.total_milliseconds =
			cases[i].answer ? 10000 : 500;
		assert_true(azure_report(&s.options, NULL, say, &err) < 0);
		assert_string_equal(error_message(err), cases[i].message);
		requests = service_stop(&s);
		assert_string_equal(requests, ASKED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports),
		cmocka_unit_test(reports_in_the_end),
		cmocka_unit_test(gives_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
