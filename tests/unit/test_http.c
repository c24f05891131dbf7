#include "http_server.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "net/http.h"

#define BODY "0123456789"

/* What the server does depends on the path. */
static void serve(int fd, unsigned *flaky)
{
	char request[4096];
	ssize_t n = read(fd, request, sizeof request - 1);
	unsigned from = 0;

	if (n <= 0)
		return;
	request[n] = 0;

	const char *range = strstr(request, "Range: bytes=");

	if (range)
		from = (unsigned)strtoul(range + strlen("Range: bytes="), NULL, 10);
	if (string_starts(request, "GET /whole ") || string_starts(request, "GET /no-range ")) {
		if (range && string_starts(request, "GET /whole ") && from < strlen(BODY))
			server_answer(fd, "206 Partial Content", "", &BODY[from],
				      strlen(BODY) - from);
		else
			server_answer(fd, "200 OK", "", BODY, strlen(BODY));
	} else if (string_starts(request, "GET /flaky ")) {
		if ((*flaky)++ < 2)
			server_answer(fd, "503 Later", "", "", 0);
		else
			server_answer(fd, "200 OK", "", BODY, strlen(BODY));
	} else if (string_starts(request, "GET /short ")) {
		/* Promises more than comes, then goes on where it is asked to. */
		if (from == 0)
			server_answer(fd, "200 OK", "", "01234", strlen(BODY));
		else
			server_answer(fd, "206 Partial Content", "", &BODY[from],
				      strlen(BODY) - from);
	} else if (string_starts(request, "GET /strict ")) {
		if (from >= strlen(BODY))
			server_answer(fd, "416 Range Not Satisfiable", "", "", 0);
		else
			server_answer(fd, range ? "206 Partial Content" : "200 OK", "", &BODY[from],
				      strlen(BODY) - from);
	} else if (string_starts(request, "GET /moved ")) {
		server_answer(fd, "302 Found", "Location: /whole\r\n", "", 0);
	} else if (string_starts(request, "GET /ftp ")) {
		server_answer(fd, "302 Found", "Location: file:///etc/passwd\r\n", "", 0);
	} else {
		server_answer(fd, "404 Not Found", "", "", 0);
	}
}

static int set_up(void **state)
{
	return server_start(state, serve);
}

static void test_get(void **state)
{
	static const char *const paths[] = {"whole", "flaky", "moved"};
	_cleanup_(http_client_freep) struct http_client *c = NULL;
	struct error *err = NULL;

	assert_done(http_client_new(false, &c, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *address = server_url(*state, paths[i]);
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);

		assert_done(http_get(c, address, &b, &err), &err);
		assert_string_equal(buffer_text(&b), BODY);
	}
}

static void test_get_refused(void **state)
{
	_cleanup_(http_client_freep) struct http_client *c = NULL;
	_cleanup_(buffer_release) struct buffer small = BUFFER_INIT(5), b = BUFFER_INIT(100);
	_cleanup_free_ char *none = server_url(*state, "none"),
			    *whole = server_url(*state, "whole"), *ftp = server_url(*state, "ftp");
	_cleanup_free_ char *none_message = string_printf("%s: the server answers 404", none);
	_cleanup_free_ char *large_message = string_printf("%s: more bytes than expected", whole);
	struct error *err = NULL;

	assert_done(http_client_new(false, &c, &err), &err);
	assert_failed(http_get(c, none, &b, &err), ENOENT, none_message, &err);
	assert_failed(http_get(c, whole, &small, &err), EMSGSIZE, large_message, &err);
	/* Neither by itself nor by a redirection. */
	assert_int_equal(http_get(c, "file:///etc/passwd", &b, NULL), -EIO);
	assert_int_equal(http_get(c, ftp, &b, NULL), -EIO);
	assert_int_equal(b.n, 0);
	/* Files may be mirrors; a server may not lead to them. */
	http_client_free(TAKE_PTR(c));
	assert_done(http_client_new(true, &c, &err), &err);
	assert_int_equal(http_get(c, ftp, &b, NULL), -EIO);
	assert_int_equal(b.n, 0);
}

static void download(const struct server *s, const char *path, const char *before, uint64_t max,
		     int expected)
{
	_cleanup_(http_client_freep) struct http_client *c = NULL;
	_cleanup_free_ char *address = server_url(s, path), *file = path_join(s->folder, "file");
	_cleanup_(buffer_release) struct buffer got = BUFFER_INIT(100);
	uint64_t offset = strlen(before);
	struct error *err = NULL;

	assert_done(http_client_new(false, &c, &err), &err);
	assert_done(file_write(file, span_string(before), &err), &err);

	_cleanup_close_ int fd = open(file, O_RDWR | O_CLOEXEC);

	assert_int_equal(http_download(c, address, fd, max, &offset, NULL, &err), expected);
	error_free(err);
	if (expected < 0)
		return;
	assert_done(file_read(file, 100, &got, &err), &err);
	assert_string_equal(buffer_text(&got), BODY);
	assert_int_equal(offset, strlen(BODY));
}

static void test_download(void **state)
{
	download(*state, "whole", "", 10, 0);
	/* Goes on where an earlier download stopped. */
	download(*state, "whole", "0123", 10, 0);
	/* A server without ranges sends all. */
	download(*state, "no-range", "0123", 10, 0);
	/* What was there is longer than the file: from the start. */
	download(*state, "strict", "0123456789abc", 13, 0);
	/* A connection that breaks is taken up again. */
	download(*state, "short", "", 10, 0);
	download(*state, "whole", "", 9, -EMSGSIZE);
	download(*state, "whole", "0123", 9, -EMSGSIZE);
	download(*state, "none", "", 10, -ENOENT);
}

static void test_nobody_listens(void **state)
{
	struct server *s = *state;
	_cleanup_(http_client_freep) struct http_client *c = NULL;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);
	_cleanup_free_ char *address = server_url(s, "whole");
	struct error *err = NULL;

	server_kill(s);
	assert_done(http_client_new(false, &c, &err), &err);
	assert_int_equal(http_get(c, address, &b, &err), -EIO);
	assert_non_null(strstr(error_message(err), address));
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_get, set_up, server_stop),
		cmocka_unit_test_setup_teardown(test_get_refused, set_up, server_stop),
		cmocka_unit_test_setup_teardown(test_download, set_up, server_stop),
		cmocka_unit_test_setup_teardown(test_nobody_listens, set_up, server_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
