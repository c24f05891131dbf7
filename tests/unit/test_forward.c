/* Bytes between a user and a node: how often it is looked whether something can move. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "channel/forward.h"
#include "crypto/tls_server.h"

#define UNTIL_MILLISECONDS 300
/* One or two looks, and as many more as a busy machine may make of them. */
#define POLLS_MAX 20u

static unsigned polls;

/* In place of the C library's, for all that is linked here. */
int poll(struct pollfd *fds, nfds_t n, int milliseconds)
{
	const struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

	__atomic_add_fetch(&polls, 1, __ATOMIC_RELAXED);
	return (int)syscall(SYS_ppoll, fds, n, milliseconds < 0 ? NULL : &t, NULL, 0);
}

/* A node that says something and is gone. */
static void *be_node(void *context)
{
	static const char *const protocols[] = {"one", NULL};
	static const uint8_t answer[4096];
	int fd = *(const int *)context;
	struct tls_server *s = NULL;
	struct tls_connection *c = NULL;
	struct error *err = NULL;
	int64_t deadline = clock_milliseconds() + 60000;

	assert_done(tls_server_new(protocols, &s, &err), &err);
	assert_done(tls_connection_accept(s, fd, deadline, &c, &err), &err);
	assert_done(tls_connection_send(c, SPAN(answer, sizeof answer), deadline, &err), &err);
	tls_connection_free(c);
	tls_server_free(s);
	close(fd);
	return NULL;
}

static void make_pair(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
}

static void fill(int fd)
{
	const uint8_t bytes[4096] = {0};

	while (write(fd, bytes, sizeof bytes) > 0)
		;
}

/* The user does not take what the node has said, and the node has hung up: that is no reason to look again. */
static void waits_for_the_user_alone(void **state)
{
	_cleanup_(tls_attested_freep) struct tls_attested *tls = NULL;
	struct error *err = NULL;
	int node[2], user[2];
	pthread_t thread;

	(void)state;
	make_pair(node);
	make_pair(user);
	assert_int_equal(pthread_create(&thread, NULL, be_node, &node[1]), 0);
	assert_done(tls_attested_open(node[0], "one", clock_milliseconds() + 60000, &tls, &err),
		    &err);
	pthread_join(thread, NULL);
	fill(user[0]);
	polls = 0;
	assert_failed(forward(&(struct forward){.tls = tls,
						.tls_fd = node[0],
						.in_fd = user[0],
						.out_fd = user[0],
						.until = clock_milliseconds() + UNTIL_MILLISECONDS},
			      &err),
		      ETIMEDOUT, "what the verdict rests on has expired", &err);
	assert_in_range(polls, 1, POLLS_MAX);
	close(node[0]);
	close(user[0]);
	close(user[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_the_user_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
