/* What a connection of the server waits for, where that is not what was asked of it. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/tls_server.h"

static const char *const protocols[] = {"one", NULL};
static const uint8_t offered[] = "\3one";

struct client {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
};

static void *shake_hands(void *context)
{
	struct client *c = context;

	c->context = SSL_CTX_new(TLS_client_method());
	c->ssl = SSL_new(c->context);
	assert_int_equal(SSL_set_alpn_protos(c->ssl, offered, sizeof offered - 1), 0);
	assert_int_equal(SSL_set_fd(c->ssl, c->fd), 1);
	assert_int_equal(SSL_connect(c->ssl), 1);
	return NULL;
}

/* A client and the server's end of its connection, whose socket is pair[0]. */
struct world {
	struct tls_server *server;
	struct tls_connection *c;
	struct client client;
	int pair[2];
};

static void world_make(struct world *w)
{
	struct error *err = NULL;
	pthread_t thread;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, w->pair), 0);
	assert_int_equal(fcntl(w->pair[0], F_SETFL, O_NONBLOCK), 0);
	w->client.fd = w->pair[1];
	assert_done(tls_server_new(protocols, &w->server, &err), &err);
	assert_int_equal(pthread_create(&thread, NULL, shake_hands, &w->client), 0);
	assert_done(tls_connection_accept(w->server, w->pair[0], clock_milliseconds() + 60000,
					  &w->c, &err),
		    &err);
	pthread_join(thread, NULL);
	assert_string_equal(tls_connection_protocol(w->c), "one");
}

static void world_release(struct world *w)
{
	tls_connection_free(w->c);
	tls_server_free(w->server);
	SSL_free(w->client.ssl);
	SSL_CTX_free(w->client.context);
	close(w->pair[0]);
	close(w->pair[1]);
}

/*
 * A client that asks for new keys and does not read: they have to be sent before anything else, so reading waits until
 * that can be done. Who polled for bytes of the client, which are there, would be told so again and again.
 */
static void reading_waits_for_room(void **state)
{
	uint8_t bytes[4096] = {0};
	struct world w = {0};
	short events = 0;

	(void)state;
	world_make(&w);
	assert_int_equal(tls_connection_read_some(w.c, bytes, sizeof bytes, &events), -EAGAIN);
	assert_int_equal(events, POLLIN);
	assert_int_equal(SSL_key_update(w.client.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	assert_int_equal(SSL_write(w.client.ssl, "a", 1), 1);
	assert_int_equal(tls_connection_read_some(w.c, bytes, sizeof bytes, &events), 1);
	while (send(w.pair[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		;
	assert_int_equal(tls_connection_write_some(w.c, SPAN("x", 1), &events), -EAGAIN);
	assert_int_equal(events, POLLOUT);
	assert_int_equal(SSL_write(w.client.ssl, "b", 1), 1);
	assert_int_equal(tls_connection_read_some(w.c, bytes, sizeof bytes, &events), -EAGAIN);
	assert_int_equal(events, POLLOUT);

	/* And goes on once there is room. */
	while (recv(w.pair[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		;
	assert_int_equal(tls_connection_read_some(w.c, bytes, sizeof bytes, &events), 1);
	assert_int_equal(bytes[0], 'b');
	world_release(&w);
}

/* How often somebody has waited. */
static sem_t waits;

/* In place of the C library's, for all that is linked here. */
int poll(struct pollfd *fds, nfds_t n, int milliseconds)
{
	const struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

	sem_post(&waits);
	return (int)syscall(SYS_ppoll, fds, n, milliseconds < 0 ? NULL : &t, NULL, 0);
}

/* What fills the socket is no part of the stream: it is taken out before the client reads. */
struct slow_client {
	struct client *client;
	size_t filled;
};

static void *read_to_the_end(void *context)
{
	struct slow_client *s = context;
	uint8_t byte;
	int n;

	sem_wait(&waits);
	for (size_t i = 0; i < s->filled; i++)
		assert_int_equal(recv(s->client->fd, &byte, 1, 0), 1);
	n = SSL_read(s->client->ssl, &byte, 1);
	assert_int_equal(SSL_get_error(s->client->ssl, n), SSL_ERROR_ZERO_RETURN);
	return NULL;
}

/* A client that is slow to read is told all the same that this was all. */
static void the_end_waits_for_room(void **state)
{
	const uint8_t bytes[4096] = {0};
	struct world w = {0};
	struct slow_client slow = {.client = &w.client};
	pthread_t thread;
	ssize_t n;

	(void)state;
	assert_int_equal(sem_init(&waits, 0, 0), 0);
	world_make(&w);
	while ((n = send(w.pair[0], bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
		slow.filled += (size_t)n;
	assert_int_equal(sem_destroy(&waits), 0);
	assert_int_equal(sem_init(&waits, 0, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, read_to_the_end, &slow), 0);
	tls_connection_end(w.c, clock_milliseconds() + 60000);
	sem_post(&waits);
	shutdown(w.pair[0], SHUT_WR);
	pthread_join(thread, NULL);
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_waits_for_room),
		cmocka_unit_test(the_end_waits_for_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
