#include "guest/node/node.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

/* "HTTP/1.1 401": all that counts of an answer. */
#define ANSWER_SIZE 12
/* A client that is busy starting accepts long before it answers. */
#define PATIENCE_MILLISECONDS 10000
#define PAUSE_MILLISECONDS 250

static const char question[] = "POST / HTTP/1.1\r\n"
			       "Host: 127.0.0.1\r\n"
			       "Content-Type: application/json\r\n"
			       "Content-Length: 2\r\n"
			       "Connection: close\r\n"
			       "\r\n"
			       "{}";

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

bool probe_is_answer(struct span bytes)
{
	struct span start;

	return span_slice(bytes, 0, 7, &start) && span_equal(start, SPAN_LITERAL("HTTP/1.")) &&
	       bytes.n >= ANSWER_SIZE && is_digit(bytes.p[7]) && bytes.p[8] == ' ' &&
	       is_digit(bytes.p[9]) && is_digit(bytes.p[10]) && is_digit(bytes.p[11]);
}

static bool wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, PATIENCE_MILLISECONDS) == 1;
}

/* Whatever goes wrong on the way is no answer. */
static bool ask(int fd)
{
	uint8_t answer[ANSWER_SIZE];
	size_t n = 0;

	if (send(fd, question, sizeof question - 1, MSG_NOSIGNAL) != sizeof question - 1)
		return false;
	while (n < sizeof answer && wait_for(fd, POLLIN)) {
		ssize_t got = recv(fd, answer + n, sizeof answer - n, 0);

		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	return probe_is_answer(SPAN(answer, n));
}

int probe_port(uint16_t port, struct error **err)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_errno(err, errno, "cannot ask port %u", port);
	/* On loopback it is accepted or refused at once. */
	return connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 && ask(fd);
}

int probe_wait(uint16_t port, pid_t client, struct error **err)
{
	const struct timespec pause = {0, PAUSE_MILLISECONDS * 1000000};
	int r;

	while ((r = probe_port(port, err)) == 0) {
		if (client && kill(client, 0) < 0 && errno == ESRCH)
			return error_set(err, -ESRCH,
					 "the client ended before it answered on port %u", port);
		nanosleep(&pause, NULL);
	}
	return r < 0 ? r : 0;
}
