#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/metrics/metrics.h"

#define PATIENCE 4000

static void assert_metrics(void (*put)(struct span text, struct buffer *ret), const char *text,
			   const char *expected)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(64u << 10);

	put(span_string(text), &b);
	assert_string_equal(buffer_text(&b), expected);
}

static void says_processors(void **state)
{
	(void)state;
	assert_metrics(metrics_processors,
		       "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 250 1 2\ncpux 7\nintr 1 2\nbtime 1700\n",
		       "# TYPE node_cpu_seconds_total counter\n"
		       "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 2.50\n"
		       "node_cpu_seconds_total{cpu=\"0\",mode=\"nice\"} 0.01\n"
		       "node_cpu_seconds_total{cpu=\"0\",mode=\"system\"} 0.02\n"
		       "# TYPE node_boot_time_seconds gauge\nnode_boot_time_seconds 1700\n");
}

static void says_memory_and_load(void **state)
{
	(void)state;
	assert_metrics(metrics_memory,
		       "MemTotal:        2048 kB\nMemFreeX: 1 kB\nHugePages_Total: 0\n"
		       "MemFree: x kB\nDirty: 0 kB\n",
		       "# TYPE node_memory_MemTotal_bytes gauge\n"
		       "node_memory_MemTotal_bytes 2097152\n"
		       "# TYPE node_memory_Dirty_bytes gauge\nnode_memory_Dirty_bytes 0\n");
	assert_metrics(metrics_load, "0.12 x 3.0 1/99 4\n",
		       "# TYPE node_load1 gauge\nnode_load1 0.12\n"
		       "# TYPE node_load15 gauge\nnode_load15 3.0\n");
}

static void says_devices(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(64u << 10);

	(void)state;
	metrics_network(SPAN_LITERAL("Inter-|   Receive\n face |bytes packets\n"
				     "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
				     "  e\"0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"),
			&b);
	assert_non_null(strstr(buffer_text(&b),
			       "# TYPE node_network_receive_bytes_total counter\n"
			       "node_network_receive_bytes_total{device=\"eth0\"} 1\n# TYPE"));
	assert_non_null(strstr(buffer_text(&b),
			       "\nnode_network_transmit_drop_total{device=\"eth0\"} 12\n"));
	metrics_disks(SPAN_LITERAL(" 253 0 vda 1 2 3 4 5 6 7 8 9 1234 11\n x 0 vdb 1 2 3 4\n"), &b);
	assert_non_null(
		strstr(buffer_text(&b), "\nnode_disk_read_bytes_total{device=\"vda\"} 1536\n"));
	assert_non_null(
		strstr(buffer_text(&b), "\nnode_disk_written_bytes_total{device=\"vda\"} 3584\n"));
	assert_non_null(strstr(buffer_text(&b),
			       "\nnode_disk_io_time_seconds_total{device=\"vda\"} 1.234\n"));
	assert_null(strstr(buffer_text(&b), "vdb"));
}

/* A listener on a port of loopback, and what is sent to who connects once. */
struct server {
	int fd;
	const char *answer;
};

static uint16_t open_listener(int *ret)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof address;

	*ret = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(*ret, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(*ret, 4), 0);
	assert_int_equal(getsockname(*ret, (struct sockaddr *)&address, &n), 0);
	return ntohs(address.sin_port);
}

static void *serve(void *context)
{
	const struct server *s = context;
	char request[4096] = {0};
	int fd = accept(s->fd, NULL, NULL);

	assert_true(read(fd, request, sizeof request - 1) > 0);
	assert_true(string_starts(request, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:"));
	assert_int_equal(write_full(fd, span_string(s->answer)), 0);
	close(fd);
	return NULL;
}

/* Asks; the answer is the caller's to free. `client`: what the execution client would answer, NULL: nobody listens. */
static char *ask(const char *request, const char *client, int expected)
{
	char *folder = test_folder();
	_cleanup_free_ char *role = path_join(folder, "execution"),
			    *ready = path_join(role, "ready");
	struct metrics_places places = {
		.proc = folder, .disk = folder, .ready = folder, .milliseconds = PATIENCE};
	struct server server = {.answer = client};
	_cleanup_(buffer_release) struct buffer answer = BUFFER_INIT(1u << 20);
	pthread_t thread;
	int pair[2], r;

	assert_int_equal(mkdir(role, 0700), 0);
	assert_int_equal(file_write(ready, SPAN_LITERAL("x\n"), NULL), 0);
	places.execution = open_listener(&server.fd);
	if (client)
		assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	else
		close(server.fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write_full(pair[1], span_string(request)), 0);
	if (expected == -ECONNRESET)
		shutdown(pair[1], SHUT_WR);
	r = metrics_answer(&places, pair[0], NULL);
	assert_int_equal(r, expected);
	close(pair[0]);
	for (ssize_t got = 1; got > 0;) {
		uint8_t chunk[4096];

		got = read(pair[1], chunk, sizeof chunk);
		buffer_put(&answer, SPAN(chunk, (size_t)MAX(got, (ssize_t)0)));
	}
	close(pair[1]);
	if (client) {
		pthread_join(thread, NULL);
		close(server.fd);
	}
	test_folder_free(folder);
	return strdup(buffer_text(&answer));
}

static void assert_answer(const char *request, const char *client, const char *status,
			  const char *part)
{
	_cleanup_free_ char *answer = ask(request, client, 0);

	assert_true(string_starts(answer, status));
	assert_non_null(strstr(answer, "\r\nContent-Type: text/plain; version=0.0.4"));
	assert_non_null(strstr(answer, part));
}

static void answers(void **state)
{
	(void)state;
	assert_answer("GET /metrics HTTP/1.1\r\n\r\n", NULL, "HTTP/1.1 200 OK\r\n",
		      "\ntdnode_client_ready{role=\"execution\"} 1\n"
		      "tdnode_client_ready{role=\"consensus\"} 0\n");
	assert_answer("GET /metrics/execution HTTP/1.1\r\n\r\n",
		      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nup "
		      "1\r\n1\r\n\n\r\n0\r\n\r\n",
		      "HTTP/1.1 200 OK\r\n", "\r\nContent-Length: 5\r\n");
	assert_answer("GET /metrics/execution HTTP/1.1\r\n\r\n", NULL,
		      "HTTP/1.1 503 Service Unavailable\r\n", "the execution client: port ");
	assert_answer("GET /metrics/execution HTTP/1.1\r\n\r\n",
		      "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
		      "HTTP/1.1 503 Service Unavailable\r\n", ": status 404\n");
	assert_answer("GET /metrics/validator HTTP/1.1\r\n\r\n", NULL, "HTTP/1.1 404 Not Found\r\n",
		      "/metrics/consensus");
	assert_answer("POST /metrics HTTP/1.1\r\n\r\n", NULL, "HTTP/1.1 405 Method Not Allowed\r\n",
		      "GET alone");
	assert_answer("nonsense\r\n\r\n", NULL, "HTTP/1.1 400 Bad Request\r\n", "not a request");
}

/* Who is slow keeps others waiting for a share of the time. */
static void cuts_off(void **state)
{
	int64_t begun = clock_milliseconds();

	(void)state;
	free(ask("GET /metrics HTTP/1.1\r\n", NULL, -ETIMEDOUT));
	assert_true(clock_milliseconds() - begun < PATIENCE);
	free(ask("GET /metrics HTTP/1.1\r\n", NULL, -ECONNRESET));
}

/* A client that hangs, so that its queue fills up: it is given up in time, and with it nobody else. */
static void gives_up_a_client_that_hangs(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1024);
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener, first = socket(AF_INET, SOCK_STREAM, 0);
	_cleanup_free_ char *message = NULL;
	struct error *err = NULL;
	uint16_t port;

	(void)state;
	port = open_listener(&listener);
	assert_int_equal(listen(listener, 0), 0);
	address.sin_port = htons(port);
	assert_int_equal(connect(first, (struct sockaddr *)&address, sizeof address), 0);
	message = string_printf("port %u: Connection timed out", port);
	alarm(60); /* of a test that waits for minutes */
	assert_failed(metrics_client(port, clock_milliseconds() + 200, &b, &err), ETIMEDOUT,
		      message, &err);
	alarm(0);
	close(first);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_processors), cmocka_unit_test(says_memory_and_load),
		cmocka_unit_test(says_devices),	   cmocka_unit_test(answers),
		cmocka_unit_test(cuts_off),	   cmocka_unit_test(gives_up_a_client_that_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
