#include "test.h"

#include "base/text.h"
#include "formats/http_request.h"

static void reads_requests(void **state)
{
	static const struct {
		const char *bytes;
		const char *method;
		const char *path;
		const char *query;
	} cases[] = {
		{"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/metrics", ""},
		{"GET / HTTP/1.0\r\n\r\n", "GET", "/", ""},
		{"POST /a?b=c?d HTTP/1.1\r\n\r\n", "POST", "/a", "b=c?d"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span whole = span_string(cases[i].bytes);
		struct error *err = NULL;
		struct http_request request;

		/* Every part of it is the beginning of one. */
		for (size_t k = 0; k < whole.n; k++)
			assert_int_equal(http_request_parse(SPAN(whole.p, k), &request, &err), 0);
		assert_int_equal(http_request_parse(whole, &request, &err), 1);
		assert_true(span_equal(request.method, span_string(cases[i].method)));
		assert_true(span_equal(request.path, span_string(cases[i].path)));
		assert_true(span_equal(request.query, span_string(cases[i].query)));
	}
}

static void reads_the_only_parameter(void **state)
{
	struct http_request request;
	struct span value;

	(void)state;
	assert_int_equal(
		http_request_parse(SPAN_LITERAL("GET /e?n=1 HTTP/1.1\r\n\r\n"), &request, NULL), 1);
	assert_true(http_request_parameter(&request, "n", &value));
	assert_true(span_equal(value, SPAN_LITERAL("1")));
	assert_false(http_request_parameter(&request, "m", &value));
	assert_false(http_request_parameter(&request, "n=1", &value));
	request.query = SPAN_LITERAL("n=");
	assert_true(http_request_parameter(&request, "n", &value));
	assert_int_equal(value.n, 0);
	request.query = SPAN_LITERAL("n");
	assert_false(http_request_parameter(&request, "n", &value));
	request.query = (struct span){0};
	assert_false(http_request_parameter(&request, "n", &value));
}

static void refuses_others(void **state)
{
	static const char *const wrong[] = {
		"GET /metrics\r\n\r\n",
		"GET  /metrics HTTP/1.1\r\n\r\n",
		"GET metrics HTTP/1.1\r\n\r\n",
		"GET /metrics HTTP/2.0\r\n\r\n",
		"GET /metrics HTTP/1.1 \r\n\r\n",
		"get /metrics HTTP/1.1\r\n\r\n",
		"GET /metr\tics HTTP/1.1\r\n\r\n",
		"\r\n\r\n",
		"\x16\x03\x01 / HTTP/1.1\r\n\r\n",
	};
	char long_one[HTTP_REQUEST_MAX];
	struct error *err = NULL;
	struct http_request request;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_failed(http_request_parse(span_string(wrong[i]), &request, &err),
			      ERROR_MALFORMED, "not a request of HTTP/1.0 or 1.1", &err);
	memset(long_one, 'x', sizeof long_one);
	assert_failed(http_request_parse(SPAN(long_one, sizeof long_one), &request, &err),
		      ERROR_MALFORMED, "a request without end", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_requests),
		cmocka_unit_test(reads_the_only_parameter),
		cmocka_unit_test(refuses_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
