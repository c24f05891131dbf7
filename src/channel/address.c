#include "channel/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define BACKLOG 64
#define LOOPBACK "127.0.0.1"

DEFINE_FREEP(struct addrinfo *, freeaddrinfo)

/* "[::1]:8745", "node.example:8745", "node.example". */
static bool split(const char *text, struct span *ret_host, struct span *ret_port)
{
	const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *colon = end ? end + 1 : strchr(text, ':');

	if (text[0] == '[') {
		if (!end || (*colon && *colon != ':'))
			return false;
		*ret_host = SPAN(text + 1, end - text - 1);
		*ret_port = *colon ? span_string(colon + 1) : (struct span){0};
		return *colon != ':' || ret_port->n;
	}
	*ret_host = colon ? SPAN(text, colon - text) : span_string(text);
	*ret_port = colon ? span_string(colon + 1) : (struct span){0};
	/* More colons are a number of IPv6 without brackets. */
	return !colon || (ret_port->n && !strchr(colon + 1, ':'));
}

/* What resolvers and messages can do with. */
static bool is_host(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:%",
			    s.p[i]) ||
		    !s.p[i])
			return false;
	return s.n > 0 && s.n <= ADDRESS_HOST_MAX;
}

static bool take_port(struct span text, uint64_t min, uint16_t *ret)
{
	uint64_t n;

	if (!parse_u64(text, UINT16_MAX, &n) || n < min)
		return false;
	*ret = (uint16_t)n;
	return true;
}

int address_parse(const char *text, uint16_t port, struct address *ret, struct error **err)
{
	struct address a = {.port = port};
	struct span host, number;

	if (!split(text, &host, &number) || !is_host(host) ||
	    (number.n && !take_port(number, 1, &a.port)))
		return error_set(err, -ERROR_USAGE, "'%s' is no HOST[:PORT]", text);
	memcpy(a.host, host.p, host.n);
	*ret = a;
	return 0;
}

int address_parse_listen(const char *text, struct address *ret, struct error **err)
{
	struct address a = {.host = LOOPBACK};
	struct span host, number;
	struct in6_addr number_6;
	struct in_addr number_4;

	if (take_port(span_string(text), 0, &a.port)) {
		*ret = a;
		return 0;
	}
	if (!split(text, &host, &number) || !is_host(host) || !take_port(number, 0, &a.port))
		return error_set(err, -ERROR_USAGE, "--listen: '%s' is no [ADDR:]PORT", text);
	memset(a.host, 0, sizeof a.host);
	memcpy(a.host, host.p, host.n);
	if (inet_pton(AF_INET, a.host, &number_4) != 1 &&
	    inet_pton(AF_INET6, a.host, &number_6) != 1)
		return error_set(err, -ERROR_USAGE, "--listen: '%s' is no number of an address",
				 a.host);
	*ret = a;
	return 0;
}

static int look_up(const struct address *a, int flags, struct addrinfo **ret, struct error **err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_NUMERICSERV | flags};
	char port[8];
	int r;

	snprintf(port, sizeof port, "%u", a->port);
	r = getaddrinfo(a->host, port, &hints, ret);
	return r == 0 ? 0 : error_set(err, -EHOSTUNREACH, "%s: %s", a->host, gai_strerror(r));
}

/* 0 or -errno. */
static int dial_one(const struct addrinfo *i, int64_t deadline, int *ret)
{
	_cleanup_close_ int fd =
		socket(i->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int64_t left = deadline - clock_milliseconds();
	int number = 0, on = 1;
	socklen_t size = sizeof number;

	if (fd < 0)
		return -errno;
	if (connect(fd, i->ai_addr, i->ai_addrlen) < 0 && errno != EINPROGRESS)
		return -errno;
	if (left <= 0 || poll(&p, 1, (int)MIN(left, (int64_t)INT_MAX)) <= 0)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) < 0 || number)
		return number ? -number : -errno;
	/* Requests are small, and a node that is gone without a word has to be noticed. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	*ret = TAKE_FD(fd);
	return 0;
}

int address_dial(const struct address *a, int64_t deadline, int *ret, struct error **err)
{
	_cleanup_(freeaddrinfop) struct addrinfo *list = NULL;
	size_t n = 0;
	int r = look_up(a, 0, &list, err);

	if (r < 0)
		return r;
	for (const struct addrinfo *i = list; i; i = i->ai_next)
		n++;
	r = -EHOSTUNREACH;
	/* One of which nothing comes back leaves time for the others. */
	for (const struct addrinfo *i = list; i && r < 0; i = i->ai_next)
		r = dial_one(i, clock_share(deadline, n--), ret);
	return r < 0 ? error_errno(err, -r, "%s, port %u", a->host, a->port) : 0;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage s = {0};
	socklen_t size = sizeof s;

	if (getsockname(fd, (struct sockaddr *)&s, &size) < 0)
		return 0;
	return ntohs(s.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&s)->sin6_port
					     : ((const struct sockaddr_in *)&s)->sin_port);
}

int address_listen(const struct address *a, int *ret, uint16_t *ret_port, struct error **err)
{
	_cleanup_(freeaddrinfop) struct addrinfo *list = NULL;
	_cleanup_close_ int fd = -1;
	int on = 1, r = look_up(a, AI_NUMERICHOST | AI_PASSIVE, &list, err);

	if (r < 0)
		return r;
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(fd, list->ai_addr, list->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return error_errno(err, errno, "cannot listen at %s, port %u", a->host, a->port);
	*ret_port = port_of(fd);
	*ret = TAKE_FD(fd);
	return 0;
}
