#include "crypto/tls_client.h"

#include <errno.h>
#include <openssl/err.h>

#include "crypto/tls_wait.h"

struct tls_client {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
};

void tls_client_free(struct tls_client *c)
{
	if (!c)
		return;
	SSL_free(c->ssl);
	SSL_CTX_free(c->context);
	free(c);
}

static int prepare(struct tls_client *c, const char *host, const char *ca_file, struct error **err)
{
	c->context = SSL_CTX_new(TLS_client_method());
	if (!c->context || SSL_CTX_set_min_proto_version(c->context, TLS1_2_VERSION) != 1)
		return tls_failed("TLS", err);
	if (SSL_CTX_load_verify_locations(c->context, ca_file, NULL) != 1)
		return tls_failed(ca_file, err);
	SSL_CTX_set_verify(c->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(c->context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	c->ssl = SSL_new(c->context);
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1 || SSL_set1_host(c->ssl, host) != 1 ||
	    SSL_set_tlsext_host_name(c->ssl, host) != 1)
		return tls_failed("TLS", err);
	return 0;
}

static int shake_hands(struct tls_client *c, const char *host, int64_t deadline, struct error **err)
{
	int done, r = 0;

	while (r >= 0 && (done = SSL_connect(c->ssl)) != 1) {
		long verdict = SSL_get_verify_result(c->ssl);

		if (verdict != X509_V_OK) {
			ERR_clear_error();
			return error_set(err, -ERROR_REFUSED, "the certificate of '%s': %s", host,
					 X509_verify_cert_error_string(verdict));
		}
		r = tls_wait(c->ssl, c->fd, done, deadline, "TLS", err);
	}
	return r;
}

int tls_client_open(int fd, const char *host, const char *ca_file, int64_t deadline,
		    struct tls_client **ret, struct error **err)
{
	_cleanup_(tls_client_freep) struct tls_client *c = calloc(1, sizeof *c);
	int r;

	if (!c)
		return error_oom(err);
	c->fd = fd;
	r = prepare(c, host, ca_file, err);
	/* What others left would be taken for the reason of what comes. */
	ERR_clear_error();
	if (r >= 0)
		r = shake_hands(c, host, deadline, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

int tls_client_send(struct tls_client *c, struct span bytes, int64_t deadline, struct error **err)
{
	return tls_send_all(c->ssl, c->fd, bytes, deadline, "request", err);
}

ssize_t tls_client_receive(struct tls_client *c, uint8_t *p, size_t n, int64_t deadline,
			   struct error **err)
{
	ERR_clear_error();
	for (;;) {
		int got = SSL_read(c->ssl, p, (int)MIN(n, (size_t)INT_MAX));
		int r;

		if (got > 0)
			return got;
		if (SSL_get_error(c->ssl, got) == SSL_ERROR_ZERO_RETURN)
			return 0;
		r = tls_wait(c->ssl, c->fd, got, deadline, "answer", err);
		if (r < 0)
			return r;
	}
}
