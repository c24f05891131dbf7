#include "test.h"

#include <errno.h>

#include "base/text.h"
#include "formats/http_answer.h"

#define BODY_MAX 20
#define NOT_HTTP "not an answer of HTTP/1.0 or 1.1"
#define BAD_PIECE "a piece of a body that is none, or too long"

static void reads_answers(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		unsigned status;
		const char *body;
		size_t rest; /* bytes behind it */
	} cases[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", 0},
		{"HTTP/1.0 200 OK\r\nServer: x\r\ncontent-LENGTH:0\r\n\r\n", 200, "", 0},
		{"HTTP/1.1 404\r\nContent-Length:  2 \r\n\r\nabc", 404, "ab", 1},
		{"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200,
		 "abc", 0},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		 "chunked\r\n\r\n1\r\na\r\n0002;x=\"y\"\r\nbc\r\n"
		 "F\r\n0123456789abcde\r\n0\r\nA: b\r\n\r\nmore",
		 200, "abc0123456789abcde", 4},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(1000);
		struct span whole = span_string(cases[i].bytes);
		_cleanup_error_ struct error *err = NULL;
		struct http_answer answer;

		/* Every part of it is the beginning of one, and none at the end of the connection. */
		for (size_t k = 0; k < whole.n - cases[i].rest; k++) {
			assert_int_equal(
				http_answer_parse(SPAN(whole.p, k), false, BODY_MAX, &answer, &err),
				0);
			assert_int_equal(
				http_answer_parse(SPAN(whole.p, k), true, BODY_MAX, &answer, NULL),
				-ECONNRESET);
		}
		buffer_put(&bytes, whole);
		assert_int_equal(
			http_answer_parse(buffer_span(&bytes), false, BODY_MAX, &answer, &err), 1);
		http_answer_join(&bytes, &answer);
		assert_int_equal(answer.status, cases[i].status);
		assert_true(span_equal(answer.body, span_string(cases[i].body)));
	}
}

static void reads_to_the_end(void **state)
{
	const struct span bytes = SPAN_LITERAL("HTTP/1.0 200 OK\r\nA: b\r\n\r\nabc");
	_cleanup_error_ struct error *err = NULL;
	struct http_answer answer;

	(void)state;
	assert_int_equal(http_answer_parse(bytes, false, BODY_MAX, &answer, &err), 0);
	assert_int_equal(http_answer_parse(bytes, true, BODY_MAX, &answer, &err), 1);
	assert_true(span_equal(answer.body, SPAN_LITERAL("abc")));
	assert_failed(http_answer_parse(bytes, false, 2, &answer, &err), ERROR_MALFORMED,
		      "a body of more than 2 bytes", &err);
}

static void assert_refused(const char *bytes, const char *message)
{
	_cleanup_error_ struct error *err = NULL;
	struct http_answer answer;

	assert_failed(http_answer_parse(span_string(bytes), false, BODY_MAX, &answer, &err),
		      ERROR_MALFORMED, message, &err);
}

static void refuses_others(void **state)
{
	(void)state;
	char headers[HTTP_ANSWER_HEADERS_MAX + 1];

	assert_refused("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", NOT_HTTP);
	assert_refused("HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", NOT_HTTP);
	assert_refused("HTTP/1.1 2000\r\nContent-Length: 0\r\n\r\n", NOT_HTTP);
	assert_refused("HTTP/1.1 100 Go on\r\nContent-Length: 0\r\n\r\n", NOT_HTTP);
	assert_refused("HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", NOT_HTTP);
	assert_refused("<html>\r\n\r\n", NOT_HTTP);
	assert_refused("HTTP/1.1 200 OK\r\n\r\n012345678901234567890",
		       "a body of more than 20 bytes");
	assert_refused("HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n",
		       "a body of '21' bytes, 20 may be");
	assert_refused("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		       "a body of '-1' bytes, 20 may be");
	assert_refused("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
		       "a body of '1' bytes, 20 may be");
	memset(headers, 'x', sizeof headers - 1);
	headers[sizeof headers - 1] = 0;
	assert_refused(headers, "headers without end");
}

static void refuses_pieces(void **state)
{
#define PIECES "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	static const char *const wrong[] = {
		PIECES "15\r\n",		   /* 21 bytes, 20 may be */
		PIECES "a\r\n0123456789\r\nb\r\n", /* the same in two */
		PIECES "123456789\r\n",		   /* more than any length */
		PIECES "\r\n",			   /* no length */
		PIECES "-1\r\n",
		PIECES "0x1\r\n",
		PIECES "1\r\nabc", /* longer than it says */
		PIECES "1\r\na\n\n",
	};
	char line[sizeof PIECES + HTTP_ANSWER_HEADERS_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_refused(wrong[i], BAD_PIECE);
	/* A line of a piece that never ends. */
	memset(line, '1', sizeof line - 1);
	memcpy(line, PIECES "1;", sizeof PIECES + 1);
	line[sizeof line - 1] = 0;
	assert_refused(line, BAD_PIECE);
	assert_refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		       "a body in the encoding 'gzip, chunked'");
	assert_refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
		       "Transfer-Encoding: chunked\r\n\r\n",
		       "a body in the encoding 'chunked'");
	assert_refused("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
		       "a body of a length and in pieces");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_answers),
		cmocka_unit_test(reads_to_the_end),
		cmocka_unit_test(refuses_others),
		cmocka_unit_test(refuses_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
