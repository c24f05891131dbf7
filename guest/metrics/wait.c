#include "guest/metrics/metrics.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"

int metrics_wait(int fd, short events, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = deadline - clock_milliseconds();
	int r = left > 0 ? poll(&p, 1, (int)left) : 0;

	return r > 0 ? 0 : r == 0 ? -ETIMEDOUT : errno == EINTR ? 0 : -errno;
}

int metrics_send(int fd, struct span bytes, int64_t deadline)
{
	int r = 0;

	while (r >= 0 && bytes.n) {
		ssize_t done = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (done >= 0)
			bytes = span_skip(bytes, (size_t)done);
		else if (errno == EAGAIN || errno == EINTR)
			r = metrics_wait(fd, POLLOUT, deadline);
		else
			r = -errno;
	}
	return r;
}
