#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include "guest/attest/attest.h"

#define BACKLOG 64
/* A handshake needs 30 KiB, a document of evidence is on the heap. */
#define STACK_SIZE (256u << 10)
/* Of an address that counts: an IPv6 network, or an IPv4 address mapped into one. */
#define KEY_SIZE 16u

struct slot {
	bool used;
	uint8_t key[KEY_SIZE];
};

struct server {
	struct attest_service *service;
	pthread_mutex_t lock; /* of the slots */
	struct slot *slots;
};

struct work {
	struct server *server;
	size_t slot;
	int fd;
};

static int bind_to(int fd, const struct sockaddr *address, socklen_t size)
{
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(fd, address, size) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

int listen_on(in_port_t port, int *ret_fd, struct error **err)
{
	const struct sockaddr_in6 all6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct sockaddr_in all4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	_cleanup_close_ int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int off = 0;
	int r;

	if (fd >= 0) {
		r = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0
			    ? -errno
			    : bind_to(fd, (const struct sockaddr *)&all6, sizeof all6);
	} else {
		/* Machines without IPv6. */
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		r = fd < 0 ? -errno : bind_to(fd, (const struct sockaddr *)&all4, sizeof all4);
	}
	if (r < 0)
		return error_errno(err, -r, "port %u", port);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static void take_key(const struct sockaddr_storage *from, uint8_t key[KEY_SIZE])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const struct sockaddr_in6 *six = (const void *)from;
	const struct sockaddr_in *four = (const void *)from;

	memset(key, 0, KEY_SIZE);
	if (from->ss_family == AF_INET) {
		memcpy(key, mapped, sizeof mapped);
		memcpy(key + sizeof mapped, &four->sin_addr, 4);
	} else {
		/* Whoever has an IPv6 address has all of its network. */
		memcpy(key, &six->sin6_addr,
		       memcmp(&six->sin6_addr, mapped, sizeof mapped) == 0 ? KEY_SIZE : 8);
	}
}

/* A free slot, taken; false if all are, or the address has enough. */
static bool take_slot(struct server *s, const uint8_t key[KEY_SIZE], size_t *ret)
{
	const struct attest_limits *limits = s->service->limits;
	unsigned same = 0;
	bool found = false;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < limits->connections; i++) {
		if (s->slots[i].used) {
			same += memcmp(s->slots[i].key, key, KEY_SIZE) == 0;
		} else if (!found) {
			found = true;
			*ret = i;
		}
	}
	found = found && same < limits->of_one_address;
	if (found) {
		s->slots[*ret].used = true;
		memcpy(s->slots[*ret].key, key, KEY_SIZE);
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

static void give_slot(struct server *s, size_t slot)
{
	pthread_mutex_lock(&s->lock);
	s->slots[slot].used = false;
	pthread_mutex_unlock(&s->lock);
}

static void *work_on(void *context)
{
	struct work *w = context;

	speak(w->server->service, w->fd);
	close(w->fd);
	give_slot(w->server, w->slot);
	free(w);
	return NULL;
}

static bool start(struct server *s, int fd, size_t slot)
{
	_cleanup_free_ struct work *w = malloc(sizeof *w);
	pthread_attr_t attributes;
	pthread_t thread;
	bool ok;

	if (!w || pthread_attr_init(&attributes) != 0)
		return false;
	*w = (struct work){.server = s, .slot = slot, .fd = fd};
	ok = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
	     pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
	     pthread_create(&thread, &attributes, work_on, w) == 0;
	pthread_attr_destroy(&attributes);
	if (ok)
		(void)TAKE_PTR(w);
	return ok;
}

/* A connection for which there is no room is closed at once: the other side may try again. */
static void begin(struct server *s, int fd, const struct sockaddr_storage *from)
{
	_cleanup_close_ int own = fd;
	uint8_t key[KEY_SIZE];
	const int on = 1;
	size_t slot = 0;

	take_key(from, key);
	if (setsockopt(own, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
	    !take_slot(s, key, &slot))
		return;
	if (start(s, own, slot))
		(void)TAKE_FD(own);
	else
		give_slot(s, slot);
}

/* Errors of one connection, and a machine that is short of something for now (accept(2)). */
static bool is_passing(int code)
{
	static const int passing[] = {EINTR,	    ECONNABORTED, EAGAIN,     ENETDOWN,
				      EPROTO,	    ENOPROTOOPT,  EHOSTDOWN,  ENONET,
				      EHOSTUNREACH, EOPNOTSUPP,	  ENETUNREACH};

	for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
		if (code == passing[i])
			return true;
	return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

int serve(struct attest_service *service, int listener, struct error **err)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	struct server s = {.service = service};
	_cleanup_free_ struct slot *slots = calloc(service->limits->connections, sizeof *slots);

	if (!slots || pthread_mutex_init(&s.lock, NULL) != 0)
		return error_oom(err);
	s.slots = slots;
	/* Who hangs up while he is written to ends his own connection, not the service. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return error_errno(err, errno, "a signal cannot be ignored");
	for (;;) {
		struct sockaddr_storage from = {0};
		socklen_t size = sizeof from;
		int fd = accept4(listener, (struct sockaddr *)&from, &size,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			begin(&s, fd, &from);
		else if (is_passing(errno))
			nanosleep(&pause, NULL);
		else
			return error_errno(err, errno, "no connections");
	}
}
