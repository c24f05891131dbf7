/*
 * A server of tdnode/1 for tests of its client: honest, or one of those that would like to be believed.
 *
 *	oracle_attest_server MODE PORT CERTIFICATE KEY LOG [ARGUMENT]
 *
 * LOG gets what a client sends after the answer, and "psk" of a client that offers to resume a session. The
 * environment variable QUOTE names a program that is called with 128 digits and prints a document of evidence
 * that is bound to them; CONFIG is the configuration. Ends when its standard input does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "channel/address.h"
#include "crypto/digest.h"
#include "crypto/tls_attested.h"
#include "formats/channel.h"
#include "formats/config.h"
#include "formats/evidence.h"

struct server {
	const char *mode, *log, *argument;
	SSL_CTX *context;
	uint8_t key[BINDING_KEY_SIZE];
};

static bool is(const struct server *s, const char *mode)
{
	return string_equal(s->mode, mode);
}

static void give_up(const char *what, struct error *err)
{
	fprintf(stderr, "attest_server: %s: %s\n", what,
		err ? error_message(err) : strerror(errno));
	ERR_print_errors_fp(stderr);
	_exit(1);
}

static void note(const struct server *s, struct span bytes)
{
	int fd = open(s->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write_full(fd, bytes) < 0)
		give_up(s->log, NULL);
	close(fd);
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_n,
		  const unsigned char *in, unsigned in_n, void *context)
{
	static const unsigned char ours[] = "\x08tdnode/1";

	(void)ssl;
	(void)context;
	return SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_n, ours, sizeof ours - 1,
				     in, in_n) == OPENSSL_NPN_NEGOTIATED
		       ? SSL_TLSEXT_ERR_OK
		       : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int look_at_hello(SSL *ssl, int *alert, void *context)
{
	const struct server *s = context;
	const unsigned char *p;
	size_t n;

	(void)alert;
	/* pre_shared_key, early_data: RFC 8446, 4.2 */
	if (SSL_client_hello_get0_ext(ssl, 41, &p, &n) ||
	    SSL_client_hello_get0_ext(ssl, 42, &p, &n))
		note(s, SPAN_LITERAL("psk"));
	return SSL_CLIENT_HELLO_SUCCESS;
}

static void prepare(struct server *s, const char *certificate, const char *key)
{
	uint8_t *der = NULL;
	struct digest d;
	int n;

	s->context = SSL_CTX_new(TLS_server_method());
	if (!s->context ||
	    SSL_CTX_use_certificate_file(s->context, certificate, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(s->context, key, SSL_FILETYPE_PEM) != 1)
		give_up(certificate, NULL);
	if (is(s, "tls-1.2"))
		SSL_CTX_set_max_proto_version(s->context, TLS1_2_VERSION);
	if (!is(s, "no-alpn"))
		SSL_CTX_set_alpn_select_cb(s->context, choose, NULL);
	SSL_CTX_set_client_hello_cb(s->context, look_at_hello, s);
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(SSL_CTX_get0_certificate(s->context)), &der);
	d = digest_bytes(DIGEST_SHA256, SPAN(der, n));
	memcpy(s->key, d.bytes, sizeof s->key);
	OPENSSL_free(der);
}

static void read_all(SSL *ssl, uint8_t *p, size_t n)
{
	while (n) {
		int got = SSL_read(ssl, p, (int)n);

		if (got <= 0)
			_exit(0);
		p += got;
		n -= (size_t)got;
	}
}

static void write_all(SSL *ssl, struct span s)
{
	if (s.n && SSL_write(ssl, s.p, (int)s.n) != (int)s.n)
		_exit(0);
}

/* Evidence for this digest, of the TPM behind $QUOTE. */
static void quote(const uint8_t digest[BINDING_SIZE], struct evidence *ret)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(EVIDENCE_MAX);
	_cleanup_free_ char *hex = hex_string(SPAN(digest, BINDING_SIZE));
	const char *const argv[] = {getenv("QUOTE"), hex, NULL};
	const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
	struct process_options options = PROCESS_OPTIONS(argv);
	struct error *err = NULL;

	options.environment = environment;
	if (process_run(&options, &text, &err) < 0 ||
	    evidence_parse(buffer_span(&text), ret, &err) < 0)
		give_up("quote", err);
}

static void put_answer(const struct evidence *e, struct buffer *b)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(EVIDENCE_MAX);
	struct error *err = NULL;

	if (evidence_write(e, &text, &err) < 0 ||
	    channel_answer_put(b, &(struct channel_answer){.evidence = buffer_span(&text)}, &err) <
		    0)
		give_up("answer", err);
}

/* An answer as the service gives it, with the one thing changed that the mode says. */
static void answer(const struct server *s, SSL *ssl, const struct channel_request *q,
		   struct buffer *b)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	const char *config = getenv("CONFIG");
	struct binding binding = {.purpose = is(s, "file") ? BINDING_EVIDENCE : BINDING_CHANNEL};
	uint8_t digest[BINDING_SIZE];

	memcpy(binding.nonce, q->nonce, sizeof binding.nonce);
	memcpy(binding.key, s->key, sizeof binding.key);
	binding.config = span_string(config ? config : "");
	binding.claims = SPAN_LITERAL("image=test\n");
	if (SSL_export_keying_material(ssl, binding.exporter, sizeof binding.exporter,
				       BINDING_EXPORTER_LABEL, strlen(BINDING_EXPORTER_LABEL),
				       q->nonce, sizeof q->nonce, 1) != 1)
		give_up("exporter", NULL);
	if (is(s, "other-nonce"))
		binding.nonce[0] ^= 1;
	if (is(s, "other-key"))
		binding.key[0] ^= 1;
	if (is(s, "other-exporter"))
		binding.exporter[0] ^= 1;
	binding_digest(&binding, digest);
	quote(digest, &e);
	e.binding.given = true;
	e.binding.purpose = binding.purpose;
	memcpy(e.binding.nonce, is(s, "lies") ? q->nonce : binding.nonce, sizeof binding.nonce);
	memcpy(e.binding.key, binding.key, sizeof binding.key);
	e.binding.config = (struct buffer)BUFFER_INIT(CONFIG_CANONICAL_MAX);
	e.binding.claims = (struct buffer)BUFFER_INIT(CLAIMS_MAX);
	buffer_put(&e.binding.config,
		   is(s, "other-config") ? SPAN_LITERAL("NETWORK=other\n") : binding.config);
	buffer_put(&e.binding.claims, binding.claims);
	put_answer(&e, b);
}

/* The answer of the genuine server whose port is the argument, to the same question. */
static void relay(const struct server *s, const struct channel_request *q, struct buffer *b)
{
	_cleanup_(tls_attested_freep) struct tls_attested *c = NULL;
	_cleanup_(evidence_release) struct evidence e = {0};
	_cleanup_(buffer_release) struct buffer body = BUFFER_INIT(CHANNEL_ANSWER_MAX);
	int64_t deadline = clock_milliseconds() + 60000;
	uint8_t request[CHANNEL_REQUEST_SIZE], header[CHANNEL_HEADER_SIZE];
	struct channel_answer a;
	struct address victim;
	struct error *err = NULL;
	size_t n = 0;
	int fd = -1;

	channel_request_put(q, request);
	if (address_parse(s->argument, 0, &victim, &err) < 0 ||
	    address_dial(&victim, deadline, &fd, &err) < 0 ||
	    tls_attested_open(fd, CHANNEL_ALPN, deadline, &c, &err) < 0 ||
	    tls_attested_send(c, SPAN(request, sizeof request), deadline, &err) < 0 ||
	    tls_attested_receive(c, header, sizeof header, deadline, &err) < 0 ||
	    channel_answer_size(header, &n, &err) < 0 || !buffer_extend(&body, n) ||
	    tls_attested_receive(c, body.p, n, deadline, &err) < 0 ||
	    channel_answer_parse(buffer_span(&body), &a, &err) < 0 ||
	    evidence_parse(a.evidence, &e, &err) < 0)
		give_up("relay", err);
	/* It says that the evidence is of its own key: only the digest can tell. */
	if (is(s, "relay-patched"))
		memcpy(e.binding.key, s->key, sizeof e.binding.key);
	put_answer(&e, b);
	close(fd);
}

/* An answer that was given before, kept in the file of the argument; the first connection makes it. */
static void replay(const struct server *s, SSL *ssl, const struct channel_request *q,
		   struct buffer *b)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	_cleanup_(buffer_release) struct buffer body = BUFFER_INIT(CHANNEL_ANSWER_MAX + 4);
	struct channel_answer a;
	struct error *err = NULL;

	if (!path_exists(s->argument)) {
		answer(s, ssl, q, b);
		if (file_write(s->argument, buffer_span(b), &err) < 0)
			give_up("replay", err);
		return;
	}
	if (file_read(s->argument, CHANNEL_ANSWER_MAX + 4, &body, &err) < 0 ||
	    channel_answer_parse(span_skip(buffer_span(&body), 4), &a, &err) < 0 ||
	    evidence_parse(a.evidence, &e, &err) < 0)
		give_up("replay", err);
	if (is(s, "replay-patched"))
		memcpy(e.binding.nonce, q->nonce, sizeof e.binding.nonce);
	put_answer(&e, b);
}

static void refuse(struct buffer *b)
{
	const struct channel_answer a = {.refused = true, .reason = SPAN_LITERAL("no TPM")};
	struct error *err = NULL;

	if (channel_answer_put(b, &a, &err) < 0)
		give_up("refusal", err);
}

static void wait_for_ever(void)
{
	sleep(600);
	_exit(0);
}

/* Everything that is sent after the answer is noted, and answered as HTTP. */
static void serve_http(const struct server *s, SSL *ssl)
{
	static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x7a69\"}";
	uint8_t request[4096];
	char text[256];
	int got;

	while ((got = SSL_read(ssl, request, sizeof request)) > 0) {
		note(s, SPAN(request, got));
		snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			 sizeof body - 1, body);
		write_all(ssl, span_string(text));
		if (is(s, "cuts-off"))
			_exit(0);
	}
	SSL_shutdown(ssl);
}

static void serve(struct server *s, int fd)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(CHANNEL_ANSWER_MAX + 4);
	uint8_t request[CHANNEL_REQUEST_SIZE];
	SSL *ssl = SSL_new(s->context);
	struct channel_request q;
	struct error *err = NULL;

	if (is(s, "silent-tcp"))
		wait_for_ever();
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		_exit(0);
	if (is(s, "silent"))
		wait_for_ever();
	read_all(ssl, request, sizeof request);
	if (channel_request_parse(SPAN(request, sizeof request), &q, &err) < 0)
		give_up("request", err);
	if (is(s, "long"))
		buffer_put(&b, SPAN_LITERAL("\x7f\xff\xff\xff"));
	else if (is(s, "garbage"))
		buffer_put(&b, SPAN_LITERAL("\0\0\0\x0c\1\0\0\0\0\2{}\0\0\0\0"));
	else if (is(s, "refuses"))
		refuse(&b);
	else if (string_starts(s->mode, "relay"))
		relay(s, &q, &b);
	else if (string_starts(s->mode, "replay"))
		replay(s, ssl, &q, &b);
	else
		answer(s, ssl, &q, &b);
	write_all(ssl, is(s, "cut") ? SPAN(b.p, b.n / 2) : buffer_span(&b));
	if (is(s, "long") || is(s, "slow"))
		wait_for_ever();
	if (!is(s, "cut"))
		serve_http(s, ssl);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct server s = {.mode = argv[1], .log = argv[5], .argument = argc > 6 ? argv[6] : ""};
	struct address a;
	struct error *err = NULL;
	uint16_t port;
	int fd = -1;

	if (argc < 6 || address_parse_listen(argv[2], &a, &err) < 0)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	prepare(&s, argv[3], argv[4]);
	if (address_listen(&a, &fd, &port, &err) < 0)
		give_up("listen", err);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
		int c;

		if (poll(p, 2, -1) < 0 || p[1].revents)
			return 0;
		c = accept(fd, NULL, NULL);
		if (c >= 0 && fork() == 0) {
			/* What it runs is waited for. */
			signal(SIGCHLD, SIG_DFL);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(&s, c);
		}
		close(c);
	}
}
