#include "guest/disk/callers.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/secret.h"

struct caller {
	int fd;
	int64_t until; /* CLOCK_MONOTONIC, milliseconds */
	size_t n;
	uint8_t bytes[DISK_KEY_MESSAGE_SIZE];
};

struct callers {
	int listener;
	int milliseconds;
	uint8_t offer[DISK_KEY_OFFER_SIZE];
	struct caller items[CALLERS_MAX];
	size_t n;
};

int callers_new(int listener, const struct disk_key_offer *o, int milliseconds,
		struct callers **ret, struct error **err)
{
	struct callers *c = calloc(1, sizeof *c);

	if (!c)
		return error_oom(err);
	c->listener = listener;
	c->milliseconds = milliseconds;
	disk_key_offer_put(o, c->offer);
	*ret = c;
	return 0;
}

void callers_free(struct callers *c)
{
	for (size_t i = 0; c && i < c->n; i++)
		closep(&c->items[i].fd);
	secret_free(c, sizeof *c);
}

/* The last one takes its place. */
static void remove_caller(struct callers *c, size_t i)
{
	closep(&c->items[i].fd);
	c->items[i] = c->items[--c->n];
	explicit_bzero(&c->items[c->n], sizeof c->items[c->n]);
}

/* An offer is less than a new socket holds: who cannot take it at once is not there. */
static int let_in(struct callers *c, struct error **err)
{
	_cleanup_close_ int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return errno == EINTR ? 0 : error_errno(err, errno, "the socket of keys");
	if (send(fd, c->offer, sizeof c->offer, MSG_NOSIGNAL) != (ssize_t)sizeof c->offer)
		return 0;
	c->items[c->n++] =
		(struct caller){.fd = TAKE_FD(fd), .until = clock_milliseconds() + c->milliseconds};
	return 0;
}

/* 1: the message is whole, 0: more must come; else nothing more will. */
static int hear(struct caller *k)
{
	ssize_t got = recv(k->fd, k->bytes + k->n, sizeof k->bytes - k->n, 0);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (got == 0)
		return -ENODATA;
	k->n += (size_t)got;
	return k->n == sizeof k->bytes;
}

/* Until somebody comes, says something or has had his time. */
static int wait_for(const struct callers *c, struct pollfd fds[1 + CALLERS_MAX], struct error **err)
{
	int64_t first = INT64_MAX, left;

	fds[0] = (struct pollfd){.fd = c->n < CALLERS_MAX ? c->listener : -1, .events = POLLIN};
	for (size_t i = 0; i < c->n; i++) {
		fds[1 + i] = (struct pollfd){.fd = c->items[i].fd, .events = POLLIN};
		first = MIN(first, c->items[i].until);
	}
	left = first - clock_milliseconds();
	if (poll(fds, (nfds_t)(1 + c->n), c->n == 0 ? -1 : (int)MAX(left, (int64_t)0)) < 0 &&
	    errno != EINTR)
		return error_errno(err, errno, "the socket of keys");
	return 0;
}

/* Backwards, because the last one takes the place of one that is removed. 1: *ret has said all. */
static int hear_all(struct callers *c, const struct pollfd *fds, size_t *ret)
{
	const int64_t now = clock_milliseconds();

	for (size_t i = c->n; i-- > 0;) {
		int r = fds[1 + i].revents ? hear(&c->items[i]) : 0;

		if (r > 0) {
			*ret = i;
			return 1;
		}
		if (r < 0 || now >= c->items[i].until)
			remove_caller(c, i);
	}
	return 0;
}

int callers_next(struct callers *c, uint8_t ret[DISK_KEY_MESSAGE_SIZE], int *ret_fd,
		 struct error **err)
{
	for (;;) {
		struct pollfd fds[1 + CALLERS_MAX] = {0};
		size_t which;
		int r = wait_for(c, fds, err);

		if (r < 0)
			return r;
		if (hear_all(c, fds, &which)) {
			memcpy(ret, c->items[which].bytes, DISK_KEY_MESSAGE_SIZE);
			*ret_fd = TAKE_FD(c->items[which].fd);
			remove_caller(c, which);
			return 0;
		}
		r = fds[0].revents ? let_in(c, err) : 0;
		if (r < 0)
			return r;
	}
}

void callers_refuse(int listener)
{
	int fd;

	shutdown(listener, SHUT_RDWR);
	/* It waits for nobody any more: those who are there come, and then an error. */
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
}
