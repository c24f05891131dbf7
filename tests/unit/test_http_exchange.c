#include "http_server.h"

#include "net/http_request.h"

#define LARGE 300000

/* The head of a request and its body, NUL-terminated; or the first bytes of TLS. */
static size_t read_request(int fd, char *into, size_t size)
{
	size_t n = 0;
	ssize_t k;

	while (into[0] != 0x16 && !strstr(into, "\r\n\r\n") &&
	       (k = read(fd, &into[n], size - 1 - n)) > 0)
		into[n += (size_t)k] = 0;

	const char *head = strstr(into, "\r\n\r\n"), *length = strcasestr(into, "content-length:");
	size_t wanted = length ? strtoul(length + strlen("content-length:"), NULL, 10) : 0;

	while (head && n < (size_t)(head + 4 - into) + wanted &&
	       (k = read(fd, &into[n], size - 1 - n)) > 0)
		into[n += (size_t)k] = 0;
	return n;
}

static void serve(int fd, unsigned *count)
{
	static char request[LARGE + 4096];
	static const char interim[] = "HTTP/1.1 100 Continue\r\nX-Kind: interim\r\n\r\n";
	static char large[LARGE + 4096];
	const struct linger reset = {1, 0};

	(*count)++;
	request[0] = 0;
	if (read_request(fd, request, sizeof request) == 0)
		return;
	if (request[0] == 0x16) {
		server_answer(fd, "400 No TLS", "", "", 0);
	} else if (strstr(request, "/echo ")) {
		server_answer(fd, "201 Created", "X-Kind:  last \r\nEmpty:\r\n", request,
			      strlen(request));
	} else if (strstr(request, "/interim ")) {
		assert_int_equal(write_full(fd, SPAN_LITERAL(interim)), 0);
		server_answer(fd, "200 OK", "X-Kind: last\r\n", "", 0);
	} else if (strstr(request, "/moved ")) {
		server_answer(fd, "302 Found", "Location: /echo\r\n", "", 0);
	} else if (strstr(request, "/busy ")) {
		server_answer(fd, "503 Later", "Retry-After: 7\r\n", "later", 5);
	} else if (strstr(request, "/reset ")) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	} else if (strstr(request, "/short ")) {
		server_answer(fd, "200 OK", "", "12345", 10);
	} else if (strstr(request, "/slow ")) {
		pause();
	} else if (strstr(request, "/headers ")) {
		snprintf(large, sizeof large, "X: %0*d\r\nY: %0*d\r\nZ: %0*d\r\n", LARGE / 3, 1,
			 LARGE / 3, 1, LARGE / 3, 1);
		server_answer(fd, "200 OK", large, "", 0);
	} else if (strstr(request, "/count ")) {
		char text[16];

		snprintf(text, sizeof text, "%u", *count);
		server_answer(fd, "200 OK", "", text, strlen(text));
	}
}

static int set_up(void **state)
{
	return server_start(state, serve);
}

static int exchange(const struct server *s, const char *path, struct http_request q,
		    struct http_answer *ret, struct error **err)
{
	_cleanup_(http_client_freep) struct http_client *c = NULL;
	_cleanup_free_ char *url = server_url(s, path);

	assert_done(http_client_new(false, &c, err), err);
	q.url = url;
	return http_exchange(c, &q, ret, err);
}

#define ANSWER(size)                        \
	(struct http_answer)                \
	{                                   \
		.body = BUFFER_INIT((size)) \
	}

static bool says(const struct http_answer *a, const char *text)
{
	return strstr(buffer_text(&a->body), text);
}

static void test_what_is_sent(void **state)
{
	static const char *const headers[] = {"Content-Type: text/x", "X-Own: v", NULL};
	_cleanup_(http_answer_release) struct http_answer a = ANSWER(2 * LARGE);
	_cleanup_free_ char *large = calloc(1, LARGE + 1);
	struct error *err = NULL;

	assert_done(exchange(*state, "echo",
			     (struct http_request){
				     .method = "PUT",
				     .headers = headers,
				     .body = SPAN_LITERAL("the body"),
			     },
			     &a, &err),
		    &err);
	assert_int_equal(a.status, 201);
	assert_true(string_starts(buffer_text(&a.body), "PUT /echo HTTP/1.1\r\n"));
	assert_true(says(&a, "\r\nContent-Type: text/x\r\n"));
	assert_true(says(&a, "\r\nX-Own: v\r\n"));
	assert_true(says(&a, "\r\nContent-Length: 8\r\n"));
	assert_true(says(&a, "\r\n\r\nthe body"));
	assert_false(says(&a, "Expect:"));

	/* A body that is empty is said to be; what has none says nothing of it, nor of its type. */
	assert_done(exchange(*state, "echo", (struct http_request){.method = "POST"}, &a, &err),
		    &err);
	assert_true(says(&a, "\r\nContent-Length: 0\r\n"));
	assert_false(says(&a, "Content-Type"));
	assert_done(exchange(*state, "echo", (struct http_request){.method = "DELETE"}, &a, &err),
		    &err);
	assert_true(string_starts(buffer_text(&a.body), "DELETE /echo HTTP/1.1\r\n"));
	assert_false(says(&a, "Content-"));

	/* Large enough for libcurl to ask first, if it were let. */
	memset(large, 'x', LARGE);
	assert_done(exchange(*state, "echo",
			     (struct http_request){.method = "PUT", .body = SPAN(large, LARGE)}, &a,
			     &err),
		    &err);
	assert_false(says(&a, "Expect:"));
	assert_true(says(&a, large));
}

static void test_answers(void **state)
{
	_cleanup_(http_answer_release) struct http_answer a = ANSWER(100);
	struct http_request get = {.method = "GET"};
	struct error *err = NULL;

	assert_done(exchange(*state, "interim", get, &a, &err), &err);
	assert_string_equal(http_answer_header(&a, "x-kind"), "last");
	assert_null(http_answer_header(&a, "x"));
	assert_done(exchange(*state, "busy", get, &a, &err), &err);
	assert_int_equal(a.status, 503);
	assert_string_equal(http_answer_header(&a, "retry-after"), "7");
	assert_string_equal(buffer_text(&a.body), "later");
	/* Nothing was asked twice, and nobody is followed. */
	assert_done(exchange(*state, "moved", get, &a, &err), &err);
	assert_int_equal(a.status, 302);
	assert_string_equal(http_answer_header(&a, "location"), "/echo");
	assert_done(exchange(*state, "count", get, &a, &err), &err);
	assert_string_equal(buffer_text(&a.body), "4");
	assert_done(exchange(*state, "busy", (struct http_request){.method = "HEAD"}, &a, &err),
		    &err);
	assert_int_equal(a.status, 503);
	assert_int_equal(a.body.n, 0);
	http_answer_release(&a);
	a = ANSWER(1000);
	assert_done(exchange(*state, "echo", get, &a, &err), &err);
	assert_string_equal(http_answer_header(&a, "x-kind"), "last");
	assert_string_equal(http_answer_header(&a, "empty"), "");
}

static void test_failures(void **state)
{
	_cleanup_(http_answer_release) struct http_answer a = ANSWER(10);
	struct http_request get = {.method = "GET", .name = "the service"};
	struct error *err = NULL;

	assert_failed(exchange(*state, "echo", get, &a, &err), EMSGSIZE,
		      "the service: the answer is larger than expected", &err);
	assert_failed(exchange(*state, "headers", get, &a, &err), EMSGSIZE,
		      "the service: the answer is larger than expected", &err);
	assert_int_equal(exchange(*state, "reset?sig=s3cret", get, &a, &err), -ECONNRESET);
	/* The address stays out of the text. */
	assert_true(string_starts(error_message(err), "the service: "));
	assert_null(strstr(error_message(err), "s3cret"));
	error_free(TAKE_PTR(err));
	assert_int_equal(exchange(*state, "short", get, &a, &err), -ECONNRESET);
	error_free(TAKE_PTR(err));
	get.seconds = 1;
	assert_int_equal(exchange(*state, "slow", get, &a, &err), -ETIMEDOUT);
	error_free(TAKE_PTR(err));
	/* Nothing is left of an answer that failed. */
	assert_int_equal(a.status, 0);
	assert_int_equal(a.body.n, 0);
	assert_int_equal(a.headers.n, 0);
	server_kill(*state);
	assert_int_equal(exchange(*state, "echo", get, &a, &err), -ECONNREFUSED);
	error_free(TAKE_PTR(err));
}

static void test_addresses(void **state)
{
	_cleanup_(http_client_freep) struct http_client *c = NULL;
	_cleanup_(http_answer_release) struct http_answer a = ANSWER(1000);
	_cleanup_free_ char *secure =
		string_printf("https://127.0.0.1:%u/", ((struct server *)*state)->port);
	struct http_request q = {.method = "GET", .url = "file:///etc/passwd"};
	struct error *err = NULL;

	/* Files are for mirrors, not for services. */
	assert_done(http_client_new(true, &c, &err), &err);
	assert_int_equal(http_exchange(c, &q, &a, NULL), -EINVAL);
	q.url = "http://name.invalid/";
	assert_int_equal(http_exchange(c, &q, &a, NULL), -EHOSTUNREACH);
	q.url = secure;
	assert_int_equal(http_exchange(c, &q, &a, NULL), -EPERM);
	/* A proxy that nobody can reach is not asked for what is direct. */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	assert_int_equal(exchange(*state, "echo", q, &a, NULL), -ECONNREFUSED);
	q.direct = true;
	assert_done(exchange(*state, "echo", q, &a, &err), &err);
	unsetenv("http_proxy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_sent, set_up, server_stop),
		cmocka_unit_test_setup_teardown(test_answers, set_up, server_stop),
		cmocka_unit_test_setup_teardown(test_failures, set_up, server_stop),
		cmocka_unit_test_setup_teardown(test_addresses, set_up, server_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
