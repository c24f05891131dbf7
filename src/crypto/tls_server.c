#include "crypto/tls_server.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "crypto/tls_wait.h"

/* Of a SubjectPublicKeyInfo of P-256: 91. */
#define KEY_INFO_MAX 256

struct tls_server {
	SSL_CTX *context;
	EVP_PKEY *key;
	const char *const *protocols;
	uint8_t point[TLS_KEY_POINT_SIZE];
	struct digest key_digest;
};

struct tls_connection {
	SSL *ssl;
	int fd;
	const char *protocol;
};

static void x509_freep(X509 **c)
{
	X509_free(*c);
}

void tls_server_free(struct tls_server *s)
{
	if (!s)
		return;
	SSL_CTX_free(s->context);
	EVP_PKEY_free(s->key);
	free(s);
}

static int make_key(struct tls_server *s, struct error **err)
{
	uint8_t info[KEY_INFO_MAX], *end = info;
	size_t n = 0;
	int size;

	s->key = EVP_EC_gen("P-256");
	if (!s->key)
		return tls_failed("a key", err);
	if (EVP_PKEY_get_octet_string_param(s->key, "encoded-pub-key", s->point, sizeof s->point,
					    &n) != 1 ||
	    n != sizeof s->point || s->point[0] != 4)
		return tls_failed("its public part", err);
	size = i2d_PUBKEY(s->key, NULL);
	if (size <= 0 || size > KEY_INFO_MAX || i2d_PUBKEY(s->key, &end) != size)
		return tls_failed("its public part", err);
	s->key_digest = digest_bytes(DIGEST_SHA256, SPAN(info, (size_t)size));
	return 0;
}

static bool add_extension(X509 *c, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *e;
	bool ok;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, c, c, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	ok = e && X509_add_ext(c, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

/* What TLS needs one for: it vouches for nothing, so it names nobody and is always valid. */
static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *c = X509_new();
	X509_NAME *name = c ? X509_get_subject_name(c) : NULL;
	bool ok = name && X509_set_version(c, 2) == 1 &&
		  ASN1_INTEGER_set(X509_get_serialNumber(c), 1) == 1 &&
		  ASN1_TIME_set_string_X509(X509_getm_notBefore(c), "20200101000000Z") == 1 &&
		  ASN1_TIME_set_string_X509(X509_getm_notAfter(c), "99991231235959Z") == 1 &&
		  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					     (const unsigned char *)"tdnode", -1, -1, 0) == 1 &&
		  X509_set_issuer_name(c, name) == 1 && X509_set_pubkey(c, key) == 1 &&
		  add_extension(c, NID_basic_constraints, "critical,CA:FALSE") &&
		  add_extension(c, NID_key_usage, "critical,digitalSignature") &&
		  add_extension(c, NID_ext_key_usage, "serverAuth") &&
		  add_extension(c, NID_subject_alt_name, "DNS:tdnode,DNS:localhost,IP:127.0.0.1") &&
		  X509_sign(c, key, EVP_sha256()) > 0;

	if (ok)
		return c;
	X509_free(c);
	return NULL;
}

/* The server's first protocol that the client has, too. */
static int choose_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_n,
			   const unsigned char *offered, unsigned n, void *arg)
{
	const struct tls_server *s = arg;

	(void)ssl;
	for (size_t i = 0; s->protocols[i]; i++) {
		struct reader r = reader_init(SPAN(offered, n));

		while (r.rest.n && reader_ok(&r)) {
			struct span name = reader_bytes(&r, reader_u8(&r));

			if (!reader_ok(&r) || !span_equal(name, span_string(s->protocols[i])))
				continue;
			*ret = name.p;
			*ret_n = (unsigned char)name.n;
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* choose_protocol() is not asked for who offers none. */
static int demand_protocol(SSL *ssl, int *alert, void *arg)
{
	const unsigned char *p;
	size_t n;

	(void)arg;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &p,
				      &n) == 1)
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = TLS1_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

static int make_context(struct tls_server *s, struct error **err)
{
	_cleanup_(x509_freep) X509 *certificate = make_certificate(s->key);

	if (!certificate)
		return tls_failed("a certificate", err);
	s->context = SSL_CTX_new(TLS_server_method());
	if (!s->context || SSL_CTX_set_min_proto_version(s->context, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(s->context, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_use_certificate(s->context, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey(s->context, s->key) != 1 ||
	    SSL_CTX_set_num_tickets(s->context, 0) != 1 ||
	    SSL_CTX_set_max_early_data(s->context, 0) != 1)
		return tls_failed("TLS", err);
	SSL_CTX_set_session_cache_mode(s->context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(s->context, SSL_OP_NO_TICKET);
	SSL_CTX_set_mode(s->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					     SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(s->context, choose_protocol, s);
	SSL_CTX_set_client_hello_cb(s->context, demand_protocol, NULL);
	return 0;
}

int tls_server_new(const char *const *protocols, struct tls_server **ret, struct error **err)
{
	_cleanup_(tls_server_freep) struct tls_server *s = calloc(1, sizeof *s);
	int r;

	if (!s)
		return error_oom(err);
	s->protocols = protocols;
	r = make_key(s, err);
	if (r >= 0)
		r = make_context(s, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct span tls_server_key_point(const struct tls_server *s)
{
	return SPAN(s->point, sizeof s->point);
}

struct digest tls_server_key_digest(const struct tls_server *s)
{
	return s->key_digest;
}

void tls_connection_free(struct tls_connection *c)
{
	if (!c)
		return;
	SSL_free(c->ssl);
	free(c);
}

static const char *chosen_protocol(const struct tls_server *s, const SSL *ssl)
{
	const unsigned char *name;
	unsigned n;

	SSL_get0_alpn_selected(ssl, &name, &n);
	for (size_t i = 0; s->protocols[i]; i++)
		if (span_equal(SPAN(name, n), span_string(s->protocols[i])))
			return s->protocols[i];
	return NULL;
}

int tls_connection_accept(const struct tls_server *s, int fd, int64_t deadline,
			  struct tls_connection **ret, struct error **err)
{
	_cleanup_(tls_connection_freep) struct tls_connection *c = calloc(1, sizeof *c);
	int done, r = 0;

	if (!c)
		return error_oom(err);
	c->fd = fd;
	c->ssl = SSL_new(s->context);
	if (!c->ssl || SSL_set_fd(c->ssl, fd) != 1)
		return tls_failed("TLS", err);
	ERR_clear_error();
	while (r >= 0 && (done = SSL_accept(c->ssl)) != 1)
		r = tls_wait(c->ssl, c->fd, done, deadline, "handshake", err);
	if (r < 0)
		return r;
	c->protocol = chosen_protocol(s, c->ssl);
	if (!c->protocol || SSL_session_reused(c->ssl))
		return error_set(err, -EPROTO, "handshake: no protocol, or not whole");
	*ret = TAKE_PTR(c);
	return 0;
}

const char *tls_connection_protocol(const struct tls_connection *c)
{
	return c->protocol;
}

int tls_connection_export(struct tls_connection *c, const char *label, struct span context,
			  uint8_t *p, size_t n, struct error **err)
{
	if (n > TLS_EXPORT_MAX ||
	    SSL_export_keying_material(c->ssl, p, n, label, strlen(label), context.p, context.n,
				       context.n > 0) != 1)
		return tls_failed("keying material", err);
	return 0;
}

int tls_connection_send(struct tls_connection *c, struct span bytes, int64_t deadline,
			struct error **err)
{
	return tls_send_all(c->ssl, c->fd, bytes, deadline, "answer", err);
}

int tls_connection_receive(struct tls_connection *c, uint8_t *p, size_t n, int64_t deadline,
			   struct error **err)
{
	int r = 0;

	ERR_clear_error();
	while (r >= 0 && n) {
		int got = SSL_read(c->ssl, p, (int)MIN(n, (size_t)INT_MAX));

		if (got > 0) {
			p += got;
			n -= (size_t)got;
		} else {
			r = tls_wait(c->ssl, c->fd, got, deadline, "request", err);
		}
	}
	return r;
}

/* The result of an operation that moved nothing. */
static ssize_t moved_nothing(struct tls_connection *c, int r, short *ret_events)
{
	int why = SSL_get_error(c->ssl, r);

	ERR_clear_error();
	if (why == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		return -EPROTO;
	*ret_events = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
	return -EAGAIN;
}

ssize_t tls_connection_read_some(struct tls_connection *c, uint8_t *p, size_t n, short *ret_events)
{
	int got;

	ERR_clear_error();
	got = SSL_read(c->ssl, p, (int)MIN(n, (size_t)INT_MAX));
	return got > 0 ? got : moved_nothing(c, got, ret_events);
}

ssize_t tls_connection_write_some(struct tls_connection *c, struct span bytes, short *ret_events)
{
	int done;

	ERR_clear_error();
	done = SSL_write(c->ssl, bytes.p, (int)MIN(bytes.n, (size_t)INT_MAX));
	return done > 0 ? done : moved_nothing(c, done, ret_events);
}

void tls_connection_end(struct tls_connection *c, int64_t deadline)
{
	int done, r = 0;

	ERR_clear_error();
	/* 0: told, and the other side's own end is still to come. */
	while (r >= 0 && (done = SSL_shutdown(c->ssl)) < 0)
		r = tls_wait(c->ssl, c->fd, done, deadline, "end", NULL);
	ERR_clear_error();
}
