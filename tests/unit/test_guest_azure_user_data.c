#include "test.h"

#include "azure_service.h"
#include "base/clock.h"
#include "base/text.h"
#include "formats/config.h"

/* Each request as it must be. */
#define REQUEST                                                                         \
	"GET /metadata/instance/compute/userData?api-version=2021-01-01&format=text "   \
	"HTTP/1.1\r\nHost: 169.254.169.254\r\nMetadata: true\r\nUser-Agent: tdnode\r\n" \
	"Connection: close\r\n\r\n"

/* How often `what` stands in the requests. */
static size_t count(const char *requests, const char *what)
{
	size_t n = 0;

	for (const char *p = requests; (p = strstr(p, what)) != NULL; p += strlen(what))
		n++;
	return n;
}

static void assert_reads(const char *const *answers, size_t n, const char *text)
{
	struct service s = {.answers = answers, .n = n};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(CONFIG_MAX);
	_cleanup_free_ char *requests = NULL;
	_cleanup_error_ struct error *err = NULL;

	service_start(&s);
	assert_done(azure_user_data(&s.options, &b, &err), &err);
	assert_string_equal(buffer_text(&b), text);
	requests = service_stop(&s);
	assert_int_equal(count(requests, REQUEST), n);
	assert_int_equal(strlen(requests), n * strlen(REQUEST));
}

static void reads_user_data(void **state)
{
	static const char *const plain[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\nTkVUV09SSz1ob29k"};
	static const char *const line_feed[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nQT0x\n"};
	static const char *const none[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};

	(void)state;
	assert_reads(plain, 1, "NETWORK=hood");
	assert_reads(line_feed, 1, "A=1");
	assert_reads(none, 1, "");
}

static void asks_again(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 429 Busy\r\nContent-Length: 4\r\n\r\nbusy",
		"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
		"",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nQ",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nQT0x",
	};

	(void)state;
	assert_reads(answers, ARRAY_SIZE(answers), "A=1");
}

/* `milliseconds`: for one attempt, after which there is none; 0: enough. */
static void assert_refused(const char *answer, unsigned milliseconds, const char *message)
{
	const char *const answers[] = {answer};
	struct service s = {.answers = answers, .n = 1};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(CONFIG_MAX);
	_cleanup_free_ char *requests = NULL;
	_cleanup_error_ struct error *err = NULL;

	service_start(&s);
	if (milliseconds)
		s.options.attempt_milliseconds = milliseconds;
	s.options.total_milliseconds = s.options.attempt_milliseconds;
	assert_true(azure_user_data(&s.options, &b, &err) < 0);
	assert_string_equal(error_message(err), message);
	assert_int_equal(b.n, 0);
	requests = service_stop(&s);
	assert_int_equal(count(requests, "GET "), 1);
}

static void refuses_answers(void **state)
{
	(void)state;
	assert_refused("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n****", 0,
		       "user data: not base64");
	assert_refused("HTTP/1.1 302 There\r\nLocation: http://127.0.0.1/\r\nContent-Length: "
		       "0\r\n\r\n",
		       0, "user data: status 302");
	assert_refused("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", 0, "user data: status 400");
	assert_refused("HTTP/1.1 200 OK\r\nContent-Length: 87391\r\n\r\n", 0,
		       "user data: a body of '87391' bytes, 87386 may be");
	assert_refused("SSH-2.0-OpenSSH\r\n\r\n", 0, "user data: not an answer of HTTP/1.0 or 1.1");
	assert_refused("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 0, "user data: status 503");
	assert_refused(SILENT, 500, "user data: no answer: Connection timed out");
	assert_refused(ENDLESS, 0, "user data: a body of more than 87386 bytes");
}

/* The text as such is held against the image's limit, too. */
static void refuses_too_much(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_MAX + 2);
	_cleanup_(buffer_release) struct buffer answer = BUFFER_INIT(1u << 20);
	_cleanup_free_ char *encoded = NULL;

	memset(buffer_extend(&text, CONFIG_MAX + 1), '#', CONFIG_MAX + 1);
	encoded = base64_string(buffer_span(&text));
	buffer_printf(&answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(encoded),
		      encoded);
	assert_refused(buffer_text(&answer), 0, "user data: more than the 65536 bytes allowed");
}

static void nobody_listens(void **state)
{
	static const char *const answers[] = {""};
	struct service s = {.answers = answers, .n = 1};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(CONFIG_MAX);
	_cleanup_free_ char *requests = NULL;
	_cleanup_error_ struct error *err = NULL;

	(void)state;
	service_start(&s);
	requests = service_stop(&s);
	s.options.total_milliseconds = s.options.attempt_milliseconds + 50;
	assert_true(azure_user_data(&s.options, &b, &err) < 0);
	/* Refused, or on a busy machine timed out. */
	assert_non_null(strstr(error_message(err), "user data: no connection: "));
}

/* The total that is promised to whoever waits for the node is kept, whatever is answered. */
static void no_attempt_is_begun_too_late(void **state)
{
	_cleanup_error_ struct error *err = NULL;
	struct azure_service s = {.attempt_milliseconds = 5000, .pause_milliseconds = 1};
	int64_t now = clock_milliseconds();

	(void)state;
	error_errno(&err, ENETUNREACH, "no connection");
	assert_false(azure_wait(&s, now, NULL));
	assert_false(azure_wait(&s, now + 5000, NULL));
	assert_true(azure_wait(&s, now + 600000, NULL));
	s.absent_milliseconds = 600000;
	assert_false(azure_wait(&s, now + 600000, err));
	assert_true(azure_wait(&s, now + 600000, NULL));
	s = azure_metadata();
	assert_true(s.total_milliseconds <= 120000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_user_data), cmocka_unit_test(asks_again),
		cmocka_unit_test(refuses_answers), cmocka_unit_test(refuses_too_much),
		cmocka_unit_test(nobody_listens),  cmocka_unit_test(no_attempt_is_begun_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
