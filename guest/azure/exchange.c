#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "formats/http_answer.h"
#include "guest/azure/azure.h"

static struct sockaddr_in address_of(const char *host)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {inet_addr(host)}};
}

struct azure_service azure_metadata(void)
{
	return (struct azure_service){
		.address = address_of(AZURE_METADATA),
		.attempt_milliseconds = 5000,
		.total_milliseconds = 120000,
		.pause_milliseconds = 1000,
		.absent_milliseconds = 100,
	};
}

struct azure_service azure_wire_server(void)
{
	return (struct azure_service){
		.address = address_of(AZURE_WIRE_SERVER),
		.attempt_milliseconds = 10000,
		.total_milliseconds = 1200000,
		.pause_milliseconds = 5000,
		.absent_milliseconds = 1000,
	};
}

/* Waits until the connection is ready for `events`. */
static int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = deadline - clock_milliseconds();
	int r = left > 0 ? poll(&p, 1, (int)left) : 0;

	return r > 0 ? 0 : r == 0 ? -ETIMEDOUT : errno == EINTR ? 0 : -errno;
}

static int start(const struct sockaddr_in *to, int64_t deadline, int *ret)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(int);
	int failed = 0, r = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0) {
		if (errno != EINPROGRESS)
			return -errno;
		r = wait_for(fd, POLLOUT, deadline);
		if (r >= 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) < 0)
			r = -errno;
	}
	if (r < 0 || failed)
		return r < 0 ? r : -failed;
	*ret = TAKE_FD(fd);
	return 0;
}

static int send_all(int fd, struct span bytes, int64_t deadline)
{
	int r = 0;

	while (r >= 0 && bytes.n) {
		ssize_t done = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (done >= 0)
			bytes = span_skip(bytes, (size_t)done);
		else if (errno == EAGAIN || errno == EINTR)
			r = wait_for(fd, POLLOUT, deadline);
		else
			r = -errno;
	}
	return r;
}

/* Until the answer is whole; *ret refers to `bytes`. A server that never stops sending meets the deadline, too. */
static int receive(int fd, int64_t deadline, uint64_t max, struct buffer *bytes,
		   struct http_answer *ret, struct error **err)
{
	int r = 0;

	while (r == 0) {
		uint8_t chunk[4096];
		ssize_t got = -1;

		r = wait_for(fd, POLLIN, deadline);
		if (r >= 0)
			got = recv(fd, chunk, sizeof chunk, 0);
		if (r >= 0 && got < 0 && errno != EAGAIN && errno != EINTR)
			r = -errno;
		if (r < 0)
			return error_errno(err, -r, "no answer");
		if (got < 0)
			continue;
		buffer_put(bytes, SPAN(chunk, (size_t)got));
		if (!buffer_ok(bytes))
			return error_set(err, -ERROR_MALFORMED, "the answer is too long");
		r = http_answer_parse(buffer_span(bytes), got == 0, max, ret, err);
	}
	return r;
}

static bool is_temporary(unsigned status)
{
	return status == 404 || status == 410 || status == 429 || status >= 500;
}

int azure_exchange(const struct azure_service *s, struct span request, uint64_t max,
		   struct buffer *bytes, struct span *ret_body, struct error **err)
{
	int64_t deadline = clock_milliseconds() + s->attempt_milliseconds;
	_cleanup_close_ int fd = -1;
	struct http_answer answer;
	int r;

	bytes->n = 0;
	r = start(&s->address, deadline, &fd);
	if (r >= 0)
		r = send_all(fd, request, deadline);
	if (r < 0) {
		error_errno(err, -r, "no connection");
		return -EAGAIN;
	}
	r = receive(fd, deadline, max, bytes, &answer, err);
	if (r < 0)
		return r == -ERROR_MALFORMED ? r : -EAGAIN;
	if (answer.status != 200) {
		error_set(err, -EIO, "status %u", answer.status);
		return is_temporary(answer.status) ? -EAGAIN : -EIO;
	}
	http_answer_join(bytes, &answer);
	*ret_body = answer.body;
	return 0;
}

bool azure_wait(const struct azure_service *s, int64_t end, const struct error *err)
{
	bool absent = err && (err->code == -ENETUNREACH || err->code == -EHOSTUNREACH);
	unsigned pause = absent ? s->absent_milliseconds : s->pause_milliseconds;
	struct timespec t = {pause / 1000, (long)(pause % 1000) * 1000000};

	if (clock_milliseconds() + pause + s->attempt_milliseconds > end)
		return false;
	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
	return true;
}
