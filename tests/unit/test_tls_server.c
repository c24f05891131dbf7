/* What a connection of the server waits for, where that is not what was asked of it. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
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

/*
 * A client that asks for new keys and does not read: they have to be sent before anything else, so reading waits until
 * that can be done. Who polled for bytes of the client, which are there, would be told so again and again.
 */
static void reading_waits_for_room(void **state)
{
	_cleanup_(tls_server_freep) struct tls_server *s = NULL;
	_cleanup_(tls_connection_freep) struct tls_connection *c = NULL;
	struct client client = {0};
	uint8_t bytes[4096] = {0};
	struct error *err = NULL;
	pthread_t thread;
	short events = 0;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
	client.fd = pair[1];
	assert_done(tls_server_new(protocols, &s, &err), &err);
	assert_int_equal(pthread_create(&thread, NULL, shake_hands, &client), 0);
	assert_done(tls_connection_accept(s, pair[0], clock_milliseconds() + 60000, &c, &err),
		    &err);
	pthread_join(thread, NULL);
	assert_string_equal(tls_connection_protocol(c), "one");

	assert_int_equal(tls_connection_read_some(c, bytes, sizeof bytes, &events), -EAGAIN);
	assert_int_equal(events, POLLIN);
	assert_int_equal(SSL_key_update(client.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	assert_int_equal(SSL_write(client.ssl, "a", 1), 1);
	assert_int_equal(tls_connection_read_some(c, bytes, sizeof bytes, &events), 1);
	while (send(pair[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		;
	assert_int_equal(tls_connection_write_some(c, SPAN("x", 1), &events), -EAGAIN);
	assert_int_equal(events, POLLOUT);
	assert_int_equal(SSL_write(client.ssl, "b", 1), 1);
	assert_int_equal(tls_connection_read_some(c, bytes, sizeof bytes, &events), -EAGAIN);
	assert_int_equal(events, POLLOUT);

	/* And goes on once there is room. */
	while (recv(pair[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		;
	assert_int_equal(tls_connection_read_some(c, bytes, sizeof bytes, &events), 1);
	assert_int_equal(bytes[0], 'b');
	SSL_free(client.ssl);
	SSL_CTX_free(client.context);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_waits_for_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
