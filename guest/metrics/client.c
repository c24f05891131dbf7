#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/file.h"
#include "formats/http_answer.h"
#include "guest/metrics/metrics.h"

static int connect_to(uint16_t port, int64_t deadline, int *ret)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(int);
	int failed = 0, r = 0;

	if (fd < 0)
		return -errno;
	/* On loopback it is accepted or refused at once, but by a client that hangs, whose queue is full. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		if (errno != EINPROGRESS)
			return -errno;
		r = metrics_wait(fd, POLLOUT, deadline);
		if (r >= 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) < 0)
			r = -errno;
	}
	if (r < 0 || failed)
		return r < 0 ? r : -failed;
	*ret = TAKE_FD(fd);
	return 0;
}

static int receive(int fd, int64_t deadline, struct buffer *bytes, struct http_answer *ret,
		   struct error **err)
{
	int r = 0;

	while (r == 0) {
		uint8_t chunk[16384];
		ssize_t got;

		r = metrics_wait(fd, POLLIN, deadline);
		got = r < 0 ? -1 : recv(fd, chunk, sizeof chunk, MSG_DONTWAIT);
		if (got < 0 && r >= 0)
			r = errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (r < 0)
			return error_errno(err, -r, "no answer");
		if (got < 0)
			continue;
		buffer_put(bytes, SPAN(chunk, (size_t)got));
		if (!buffer_ok(bytes))
			return error_set(err, -EFBIG, "an answer of more than %u bytes",
					 METRICS_CLIENT_MAX);
		r = http_answer_parse(buffer_span(bytes), got == 0, METRICS_CLIENT_MAX, ret, err);
	}
	return r;
}

int metrics_client(uint16_t port, int64_t deadline, struct buffer *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer bytes =
		BUFFER_INIT(HTTP_ANSWER_SIZE(METRICS_CLIENT_MAX));
	_cleanup_(buffer_release) struct buffer request = BUFFER_INIT(HTTP_ANSWER_HEADERS_MAX);
	_cleanup_close_ int fd = -1;
	struct http_answer answer;
	int r = connect_to(port, deadline, &fd);

	buffer_printf(&request,
		      "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: text/plain\r\n"
		      "Connection: close\r\n\r\n",
		      port);
	if (r >= 0)
		r = metrics_send(fd, buffer_span(&request), deadline);
	if (r < 0)
		return error_errno(err, -r, "port %u", port);
	r = receive(fd, deadline, &bytes, &answer, err);
	if (r >= 0 && answer.status != 200)
		r = error_set(err, -EIO, "status %u", answer.status);
	if (r < 0)
		return error_wrap(err, r, "port %u", port);
	http_answer_join(&bytes, &answer);
	buffer_put(ret, answer.body);
	return buffer_ok(ret) ? 0 : error_oom(err);
}
