#include "channel/forward.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* A record of TLS, the most that one read gives. */
#define CHUNK 16384u

/* Bytes on their way. */
struct way {
	uint8_t bytes[CHUNK];
	size_t at, n; /* of what is still to be written */
	bool ended;   /* nothing more is read */
};

struct state {
	const struct forward *f;
	struct way up, down; /* to the node, to the user */
	bool told;	     /* the node, that the user's bytes have ended */
	bool moved;	     /* in this round */
	short tls_events;    /* that operations of this round wait for */
};

static struct span rest(const struct way *w)
{
	return SPAN(w->bytes + w->at, w->n - w->at);
}

static bool is_empty(const struct way *w)
{
	return w->at == w->n;
}

static void filled(struct state *s, struct way *w, size_t n)
{
	w->at = 0;
	w->n = n;
	w->ended = n == 0;
	s->moved = true;
}

static bool would_block(int number)
{
	return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

static int user_left(struct error **err)
{
	return error_set(err, -ECANCELED, "the user's connection: %s", strerror(errno));
}

static int from_user(struct state *s, struct error **err)
{
	ssize_t n;

	if (s->up.ended || !is_empty(&s->up))
		return 0;
	n = read(s->f->in_fd, s->up.bytes, CHUNK);
	if (n < 0)
		return would_block(errno) ? 0 : user_left(err);
	filled(s, &s->up, (size_t)n);
	return 0;
}

static int to_node(struct state *s, struct error **err)
{
	short events = 0;
	ssize_t n;

	if (s->up.ended && !s->told) {
		tls_attested_end(s->f->tls);
		s->told = true;
	}
	if (is_empty(&s->up))
		return 0;
	n = tls_attested_try_write(s->f->tls, rest(&s->up), &events, err);
	s->tls_events |= events;
	if (n < 0)
		return n == -EAGAIN ? 0 : (int)n;
	s->up.at += (size_t)n;
	s->moved = true;
	return 0;
}

static int from_node(struct state *s, struct error **err)
{
	short events = 0;
	ssize_t n;

	if (s->down.ended || !is_empty(&s->down))
		return 0;
	n = tls_attested_try_read(s->f->tls, s->down.bytes, CHUNK, &events, err);
	s->tls_events |= events;
	if (n < 0)
		return n == -EAGAIN ? 0 : (int)n;
	filled(s, &s->down, (size_t)n);
	return 0;
}

static int to_user(struct state *s, struct error **err)
{
	ssize_t n;

	if (is_empty(&s->down))
		return 0;
	n = write(s->f->out_fd, rest(&s->down).p, rest(&s->down).n);
	if (n < 0)
		return would_block(errno) ? 0 : user_left(err);
	s->down.at += (size_t)n;
	s->moved = true;
	return 0;
}

/* Waits until something can move. */
static int wait_for(struct state *s, struct error **err)
{
	const struct forward *f = s->f;
	bool reads = !s->up.ended && is_empty(&s->up), writes = !is_empty(&s->down);
	struct pollfd fds[] = {
		/* One that has hung up is reported whatever was asked for: it is looked at only for a reason. */
		{.fd = s->tls_events ? f->tls_fd : -1, .events = s->tls_events},
		{.fd = reads ? f->in_fd : -1, .events = POLLIN},
		{.fd = writes ? f->out_fd : -1, .events = POLLOUT},
	};
	int64_t left = f->until - clock_milliseconds();
	bool expires = left < FORWARD_IDLE_MILLISECONDS;
	int n;

	n = left <= 0 ? 0
		      : poll(fds, ARRAY_SIZE(fds), expires ? (int)left : FORWARD_IDLE_MILLISECONDS);
	if (n == 0)
		return error_set(err, -ETIMEDOUT,
				 expires ? "what the verdict rests on has expired"
					 : "nobody said anything for an hour");
	return 0;
}

int forward(const struct forward *f, struct error **err)
{
	struct state *s = calloc(1, sizeof *s);
	int r = s ? 0 : error_oom(err);

	while (r >= 0) {
		s->f = f;
		s->moved = false;
		s->tls_events = 0;
		r = from_user(s, err);
		if (r >= 0)
			r = to_node(s, err);
		if (r >= 0)
			r = from_node(s, err);
		if (r >= 0)
			r = to_user(s, err);
		if (r >= 0 && s->down.ended && is_empty(&s->down))
			break;
		if (r >= 0 && !s->moved)
			r = wait_for(s, err);
		/* A node that always has something to say does not outlive its verdict. */
		else if (r >= 0 && clock_milliseconds() >= f->until)
			r = error_set(err, -ETIMEDOUT, "what the verdict rests on has expired");
	}
	free(s);
	return r;
}
