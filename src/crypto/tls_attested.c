#include "crypto/tls_attested.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>

#include "base/clock.h"
#include "crypto/digest.h"

/* Of a name of a protocol, RFC 7301. */
#define PROTOCOL_MAX 255u

struct tls_attested {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
	uint8_t key[TLS_KEY_DIGEST_SIZE];
};

void tls_attested_free(struct tls_attested *c)
{
	if (!c)
		return;
	SSL_free(c->ssl);
	SSL_CTX_free(c->context);
	free(c);
}

/* libssl's reason for an operation that came to `why` (SSL_get_error()). */
static int failed(int why, const char *what, struct error **err)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	int number = errno;

	ERR_clear_error();
	if (code && ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return error_set(err, -EPROTO, "%s: the server ended the connection", what);
	if (reason)
		return error_set(err, -EPROTO, "%s: %s", what, reason);
	if (why == SSL_ERROR_SYSCALL && number)
		return error_set(err, -EPROTO, "%s: %s", what, strerror(number));
	return error_set(err, -EPROTO, "%s: the server ended the connection", what);
}

/* The events that an operation which returned `r` waits for; 0 if it failed, *ret_why says how. */
static short wanted(const struct tls_attested *c, int r, int *ret_why)
{
	*ret_why = SSL_get_error(c->ssl, r);
	return *ret_why == SSL_ERROR_WANT_READ	  ? POLLIN
	       : *ret_why == SSL_ERROR_WANT_WRITE ? POLLOUT
						  : 0;
}

/* Until the socket can do what an operation wanted. */
static int wait_for(const struct tls_attested *c, short events, int64_t deadline, const char *what,
		    struct error **err)
{
	struct pollfd p = {.fd = c->fd, .events = events};
	int64_t left = deadline - clock_milliseconds();

	if (left <= 0 || poll(&p, 1, (int)MIN(left, (int64_t)INT_MAX)) == 0)
		return error_set(err, -ETIMEDOUT, "%s: no answer in time", what);
	return 0;
}

static int prepare(struct tls_attested *c, const char *protocol, struct error **err)
{
	uint8_t list[1 + PROTOCOL_MAX];
	size_t n = strlen(protocol);

	list[0] = (uint8_t)n;
	memcpy(list + 1, protocol, n);
	c->context = SSL_CTX_new(TLS_client_method());
	if (!c->context || SSL_CTX_set_min_proto_version(c->context, TLS1_3_VERSION) != 1)
		return failed(0, "TLS", err);
	/* What the certificate says counts for nothing: the evidence names the key. */
	SSL_CTX_set_verify(c->context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(c->context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(c->context, SSL_OP_NO_TICKET);
	SSL_CTX_set_mode(c->context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	c->ssl = SSL_new(c->context);
	/* 0 is success of this one. */
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1 ||
	    SSL_set_alpn_protos(c->ssl, list, (unsigned)n + 1) != 0)
		return failed(0, "TLS", err);
	return 0;
}

static int take_key(struct tls_attested *c, struct error **err)
{
	X509 *x = SSL_get0_peer_certificate(c->ssl);
	uint8_t *der = NULL;
	int n = x ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der) : 0;
	struct digest d;

	if (n <= 0)
		return error_set(err, -ERROR_REFUSED, "TLS: the server has no certificate");
	d = digest_bytes(DIGEST_SHA256, SPAN(der, n));
	memcpy(c->key, d.bytes, sizeof c->key);
	OPENSSL_free(der);
	return 0;
}

static int check(struct tls_attested *c, const char *protocol, struct error **err)
{
	const unsigned char *chosen = NULL;
	unsigned n = 0;

	if (SSL_version(c->ssl) != TLS1_3_VERSION)
		return error_set(err, -ERROR_REFUSED, "TLS: %s, not TLS 1.3",
				 SSL_get_version(c->ssl));
	if (SSL_session_reused(c->ssl))
		return error_set(err, -ERROR_REFUSED, "TLS: the server resumes a session");
	SSL_get0_alpn_selected(c->ssl, &chosen, &n);
	if (!span_equal(SPAN(chosen, n), span_string(protocol)))
		return error_set(err, -ERROR_REFUSED,
				 "TLS: the server does not take the protocol '%s': it gives no "
				 "evidence",
				 protocol);
	return take_key(c, err);
}

int tls_attested_open(int fd, const char *protocol, int64_t deadline, struct tls_attested **ret,
		      struct error **err)
{
	_cleanup_(tls_attested_freep) struct tls_attested *c = calloc(1, sizeof *c);
	int done, r;

	if (!c)
		return error_oom(err);
	c->fd = fd;
	ERR_clear_error();
	r = prepare(c, protocol, err);
	while (r >= 0 && (done = SSL_connect(c->ssl)) != 1) {
		int why;
		short events = wanted(c, done, &why);

		r = events ? wait_for(c, events, deadline, "TLS", err) : failed(why, "TLS", err);
	}
	if (r >= 0)
		r = check(c, protocol, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

void tls_attested_key(const struct tls_attested *c, uint8_t ret[TLS_KEY_DIGEST_SIZE])
{
	memcpy(ret, c->key, TLS_KEY_DIGEST_SIZE);
}

int tls_attested_export(struct tls_attested *c, const char *label, struct span context,
			uint8_t *ret, size_t n, struct error **err)
{
	/* Without it evidence would be bound to nothing. */
	if (SSL_export_keying_material(c->ssl, ret, n, label, strlen(label), context.p, context.n,
				       1) != 1)
		return failed(0, "TLS exporter", err);
	return 0;
}

ssize_t tls_attested_try_read(struct tls_attested *c, uint8_t *p, size_t n, short *ret_events,
			      struct error **err)
{
	int why, got;

	ERR_clear_error();
	errno = 0;
	got = SSL_read(c->ssl, p, (int)MIN(n, (size_t)INT_MAX));
	if (got > 0)
		return got;
	if (SSL_get_error(c->ssl, got) == SSL_ERROR_ZERO_RETURN)
		return 0;
	*ret_events = wanted(c, got, &why);
	return *ret_events ? -EAGAIN : failed(why, "TLS", err);
}

ssize_t tls_attested_try_write(struct tls_attested *c, struct span bytes, short *ret_events,
			       struct error **err)
{
	int why, done;

	ERR_clear_error();
	errno = 0;
	done = SSL_write(c->ssl, bytes.p, (int)MIN(bytes.n, (size_t)INT_MAX));
	if (done > 0)
		return done;
	*ret_events = wanted(c, done, &why);
	return *ret_events ? -EAGAIN : failed(why, "TLS", err);
}

int tls_attested_send(struct tls_attested *c, struct span bytes, int64_t deadline,
		      struct error **err)
{
	int r = 0;

	while (r >= 0 && bytes.n) {
		short events = 0;
		ssize_t n = tls_attested_try_write(c, bytes, &events, err);

		if (n > 0)
			bytes = span_skip(bytes, (size_t)n);
		else
			r = n == -EAGAIN ? wait_for(c, events, deadline, "request", err) : (int)n;
	}
	return r;
}

int tls_attested_receive(struct tls_attested *c, uint8_t *p, size_t n, int64_t deadline,
			 struct error **err)
{
	int r = 0;

	while (r >= 0 && n) {
		short events = 0;
		ssize_t got = tls_attested_try_read(c, p, n, &events, err);

		if (got > 0) {
			p += got;
			n -= (size_t)got;
		} else if (got == 0) {
			return error_set(err, -ENODATA, "the server ends before its answer does");
		} else {
			r = got == -EAGAIN ? wait_for(c, events, deadline, "answer", err)
					   : (int)got;
		}
	}
	return r;
}

void tls_attested_end(struct tls_attested *c)
{
	/* 0: sent, and the server's own end is still to come. What cannot be sent is no loss. */
	if (SSL_shutdown(c->ssl) < 0)
		ERR_clear_error();
}
