#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/secret.h"
#include "guest/attest/attest.h"

/* In each direction: a record of TLS. */
#define PART_MAX (16u << 10)

/* Bytes on their way in one direction. */
struct part {
	uint8_t *p;
	size_t at, n;
	bool ended; /* nothing more comes */
};

struct pair {
	struct tls_connection *client;
	int client_fd, node_fd;
	struct part to_node, to_client;
	bool node_told;	     /* that the client has ended */
	short client_events; /* that operations of this round wait for */
	bool moved, broken;
};

int node_connect(in_port_t port, unsigned milliseconds)
{
	/* That of connect(), too: socket(7). */
	const struct timeval patience = {.tv_sec = milliseconds / 1000,
					 .tv_usec = milliseconds % 1000 * 1000};
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(port),
					    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	/* On loopback it is answered or refused at once, but by a client that hangs, whose queue is full. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
		return -1;
	return TAKE_FD(fd);
}

/* Takes the result of a read into an empty part. */
static void took(struct pair *p, struct part *part, ssize_t got)
{
	if (got == -EAGAIN)
		return;
	p->moved = true;
	part->at = 0;
	part->n = got > 0 ? (size_t)got : 0;
	part->ended = got == 0;
	p->broken |= got < 0;
}

/* Takes the result of a write of what is left of a part. */
static void gave(struct pair *p, struct part *part, ssize_t done)
{
	if (done == -EAGAIN)
		return;
	p->moved = true;
	p->broken |= done <= 0;
	if (done > 0)
		part->at += (size_t)done;
}

static bool is_empty(const struct part *part)
{
	return part->at == part->n;
}

static struct span rest_of(const struct part *part)
{
	return SPAN(part->p + part->at, part->n - part->at);
}

static ssize_t or_errno(ssize_t r)
{
	return r >= 0 ? r : errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

static void move_to_node(struct pair *p)
{
	struct part *part = &p->to_node;

	if (is_empty(part) && !part->ended) {
		short events = 0;

		took(p, part, tls_connection_read_some(p->client, part->p, PART_MAX, &events));
		p->client_events |= events;
	}
	if (!is_empty(part)) {
		struct span rest = rest_of(part);

		gave(p, part,
		     or_errno(send(p->node_fd, rest.p, rest.n, MSG_NOSIGNAL | MSG_DONTWAIT)));
	}
	if (is_empty(part) && part->ended && !p->node_told) {
		p->node_told = true;
		shutdown(p->node_fd, SHUT_WR);
	}
}

static void move_to_client(struct pair *p)
{
	struct part *part = &p->to_client;

	if (is_empty(part) && !part->ended)
		took(p, part, or_errno(recv(p->node_fd, part->p, PART_MAX, MSG_DONTWAIT)));
	if (!is_empty(part)) {
		short events = 0;

		gave(p, part, tls_connection_write_some(p->client, rest_of(part), &events));
		p->client_events |= events;
	}
}

/* Until something can be moved, or for too long: false. */
static bool wait_for(struct pair *p, int64_t deadline)
{
	struct pollfd fds[] = {{.fd = p->client_fd, .events = p->client_events},
			       {.fd = p->node_fd}};
	int64_t left = deadline - clock_milliseconds();

	if (!is_empty(&p->to_node))
		fds[1].events |= POLLOUT;
	if (is_empty(&p->to_client) && !p->to_client.ended)
		fds[1].events |= POLLIN;
	/* A side that has hung up is reported whatever was asked for: it is looked at only for a reason. */
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (!fds[i].events)
			fds[i].fd = -1;
	return left > 0 && poll(fds, ARRAY_SIZE(fds), (int)left) != 0;
}

static void pass_on(struct pair *p, unsigned idle_milliseconds)
{
	int64_t deadline = clock_milliseconds() + idle_milliseconds;

	/* What the node has said to its end is all that the client gets. */
	while (!p->broken && !(p->to_client.ended && is_empty(&p->to_client))) {
		p->moved = false;
		p->client_events = 0;
		move_to_node(p);
		if (!p->broken)
			move_to_client(p);
		if (p->moved)
			deadline = clock_milliseconds() + idle_milliseconds;
		else if (!wait_for(p, deadline))
			return;
	}
	if (!p->broken)
		tls_connection_end(p->client, clock_milliseconds() + idle_milliseconds);
}

void proxy(struct tls_connection *c, int fd, int node, unsigned idle_milliseconds)
{
	uint8_t *bytes = node < 0 ? NULL : malloc((size_t)2 * PART_MAX);
	struct pair p = {
		.client = c,
		.client_fd = fd,
		.node_fd = node,
		.to_node.p = bytes,
		.to_client.p = bytes ? bytes + PART_MAX : NULL,
	};

	if (bytes)
		pass_on(&p, idle_milliseconds);
	else
		tls_connection_end(c, clock_milliseconds() + idle_milliseconds);
	/* The key of a disk was among them. */
	secret_free(bytes, (size_t)2 * PART_MAX);
}
