#include <errno.h>

#include "base/clock.h"
#include "base/file.h"
#include "formats/channel.h"
#include "formats/disk_key.h"
#include "formats/ratls.h"
#include "guest/attest/attest.h"

#define ALPN_WEB "http/1.1"

static const char *const protocols[] = {
	CHANNEL_ALPN, CHANNEL_REST_ALPN, DISK_KEY_ALPN, RATLS_ALPN_HTTP1,
	RATLS_ALPN,   ALPN_WEB,		 NULL};

static int64_t step(const struct attest_service *s)
{
	return clock_milliseconds() + s->limits->step_milliseconds;
}

/* A reason is printable; names and messages that come from elsewhere need not be. */
static void put_reason(struct buffer *b, const char *why)
{
	for (; *why && b->n < CHANNEL_REASON_MAX; why++)
		buffer_put_u8(b, *why < ' ' || *why > '~' ? '?' : (uint8_t)*why);
}

static int check_wanted(struct attest_service *s, enum channel_wanted wanted, struct error **err)
{
	static const char *const names[] = {"tdx", "azure", "tpm"};
	enum evidence_kind kind;
	int r;

	if (wanted == CHANNEL_ANY)
		return 0;
	r = queue_kind(s, &kind, err);
	if (r >= 0 && kind + CHANNEL_TDX != (unsigned)wanted)
		r = error_set(err, -ERROR_UNSUPPORTED, "the evidence of this machine is of kind %s",
			      names[kind]);
	return r;
}

static int channel_evidence(struct attest_service *s, struct tls_connection *c,
			    const struct channel_request *q, struct buffer *ret, struct error **err)
{
	uint8_t exporter[BINDING_EXPORTER_SIZE];
	int r = check_wanted(s, q->wanted, err);

	if (r >= 0)
		r = tls_connection_export(c, BINDING_EXPORTER_LABEL,
					  SPAN(q->nonce, sizeof q->nonce), exporter,
					  sizeof exporter, err);
	return r < 0 ? r : document_make(s, q->nonce, exporter, ret, err);
}

static int send_answer(struct attest_service *s, struct tls_connection *c,
		       const struct channel_answer *a)
{
	_cleanup_(buffer_release) struct buffer b =
		BUFFER_INIT(CHANNEL_HEADER_SIZE + CHANNEL_ANSWER_MAX);
	int r = channel_answer_put(&b, a, NULL);

	return r < 0 ? r : tls_connection_send(c, buffer_span(&b), step(s), NULL);
}

static int refuse(struct attest_service *s, struct tls_connection *c, const char *why)
{
	_cleanup_(buffer_release) struct buffer reason = BUFFER_INIT(CHANNEL_REASON_MAX);

	put_reason(&reason, why);
	return send_answer(
		s, c, &(struct channel_answer){.refused = true, .reason = buffer_span(&reason)});
}

/* `why_not`: there is nothing behind the evidence, so there is none. */
static int speak_channel(struct attest_service *s, struct tls_connection *c, const char *why_not)
{
	_cleanup_(buffer_release) struct buffer evidence = BUFFER_INIT(CHANNEL_EVIDENCE_MAX),
						log = BUFFER_INIT(CHANNEL_LOG_MAX);
	_cleanup_error_ struct error *err = NULL;
	uint8_t bytes[CHANNEL_REQUEST_SIZE];
	struct channel_request q;
	int r = tls_connection_receive(c, bytes, sizeof bytes, step(s), NULL);

	if (r < 0)
		return r;
	r = channel_request_parse(SPAN(bytes, sizeof bytes), &q, &err);
	if (r >= 0 && why_not)
		r = error_set(&err, -ENOENT, "%s", why_not);
	if (r >= 0)
		r = channel_evidence(s, c, &q, &evidence, &err);
	if (r < 0) {
		refuse(s, c, error_message(err));
		return r;
	}
	/* Without a log there is still the evidence. */
	if (q.with_log && file_read(s->places->event_log, CHANNEL_LOG_MAX, &log, NULL) < 0)
		log.n = 0;
	return send_answer(s, c,
			   &(struct channel_answer){.evidence = buffer_span(&evidence),
						    .log = buffer_span(&log)});
}

static int ratls_evidence(struct attest_service *s, struct tls_connection *c, struct buffer *ret,
			  struct error **err)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	_cleanup_(buffer_release) struct buffer document = BUFFER_INIT(EVIDENCE_MAX);
	uint8_t exporter[RATLS_EXPORTER_SIZE], data[RATLS_REPORT_DATA_SIZE];
	enum evidence_kind kind;
	int r = queue_kind(s, &kind, err);

	/* A TPM alone has no name there. */
	if (r < 0 || kind == EVIDENCE_TPM)
		return r < 0 ? r : ratls_put(ret, RATLS_NONE, SPAN(NULL, 0), err);
	r = tls_connection_export(c, RATLS_EXPORTER_LABEL, SPAN(NULL, 0), exporter, sizeof exporter,
				  err);
	if (r < 0)
		return r;
	ratls_report_data(tls_server_key_point(s->tls), exporter, data);
	r = queue_evidence(s, data, ATTEST_DATA_HALF, &e, err);
	if (r >= 0 && kind == EVIDENCE_AZURE)
		r = evidence_write_azure(&e, &document, err);
	if (r < 0)
		return r;
	return ratls_put(ret, machine_ratls_kind(s->places, kind),
			 buffer_span(kind == EVIDENCE_AZURE ? &document : &e.quote), err);
}

static int speak_ratls(struct attest_service *s, struct tls_connection *c)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(RATLS_HEADER_SIZE + RATLS_BODY_MAX);
	_cleanup_free_ uint8_t *body = NULL;
	uint8_t header[RATLS_HEADER_SIZE];
	struct ratls_message theirs;
	int64_t deadline;
	size_t n;
	int r = ratls_evidence(s, c, &b, NULL);

	if (r >= 0)
		r = tls_connection_send(c, buffer_span(&b), step(s), NULL);
	deadline = step(s);
	if (r >= 0)
		r = tls_connection_receive(c, header, sizeof header, deadline, NULL);
	if (r >= 0)
		r = ratls_body_size(header, &n, NULL);
	if (r < 0)
		return r;
	body = malloc(n + 1);
	if (!body)
		return -ENOMEM;
	r = tls_connection_receive(c, body, n, deadline, NULL);
	/* Evidence of the client is nothing that is asked for here; what is no message is no client. */
	return r < 0 ? r : ratls_parse(SPAN(body, n), &theirs, NULL);
}

/* What the measured configuration has for a key "NAME=". */
static bool configured(const struct attest_service *s, struct span key, struct span *ret)
{
	struct reader r = reader_init(buffer_span(&s->config));
	struct span line;

	while (reader_line(&r, &line)) {
		if (line.n < key.n || memcmp(line.p, key.p, key.n) != 0)
			continue;
		*ret = span_skip(line, key.n);
		return true;
	}
	return false;
}

/* Whether those that come from outside may ask the node; an image without that key has a node that everybody may ask. */
static bool node_is_served(const struct attest_service *s)
{
	struct span value;

	return !configured(s, SPAN_LITERAL("RPC="), &value) ||
	       span_equal(value, SPAN_LITERAL("attested")) ||
	       span_equal(value, SPAN_LITERAL("public"));
}

static bool rest_is_served(const struct attest_service *s)
{
	struct span value;

	return s->rest && configured(s, SPAN_LITERAL("REST="), &value) &&
	       span_equal(value, SPAN_LITERAL("attested"));
}

/* Evidence, then the client behind `port`. */
static void speak_node(struct attest_service *s, struct tls_connection *c, int fd, bool served,
		       in_port_t port, const char *why_not)
{
	int r = speak_channel(s, c, why_not);
	_cleanup_close_ int node =
		r >= 0 && served ? node_connect(port, s->limits->step_milliseconds) : -1;

	proxy(c, fd, node, s->limits->idle_milliseconds);
}

static void speak_disk_key(struct attest_service *s, struct tls_connection *c, int fd)
{
	_cleanup_error_ struct error *err = NULL;
	_cleanup_close_ int disk = -1;
	int r = disk_key_connect(s->places, &disk, &err);

	r = speak_channel(s, c, r < 0 ? error_message(err) : NULL);
	if (r < 0)
		tls_connection_end(c, step(s));
	else
		proxy(c, fd, disk, s->limits->idle_milliseconds);
}

void speak(struct attest_service *s, int fd)
{
	_cleanup_(tls_connection_freep) struct tls_connection *c = NULL;
	_cleanup_close_ int node = -1;
	const char *protocol;

	/* What goes wrong here is the other side's doing, and nothing that a log should grow by. */
	if (tls_connection_accept(s->tls, fd, step(s), &c, NULL) < 0)
		return;
	protocol = tls_connection_protocol(c);
	if (string_equal(protocol, ALPN_WEB)) {
		web_answer(s, c);
		return;
	}
	if (string_equal(protocol, DISK_KEY_ALPN)) {
		speak_disk_key(s, c, fd);
		return;
	}
	if (string_equal(protocol, CHANNEL_ALPN)) {
		speak_node(s, c, fd, node_is_served(s), s->rpc, NULL);
		return;
	}
	if (string_equal(protocol, CHANNEL_REST_ALPN)) {
		bool served = rest_is_served(s);

		speak_node(s, c, fd, served, s->rest,
			   served ? NULL : "no REST of a consensus client is served");
		return;
	}
	if (speak_ratls(s, c) >= 0 && node_is_served(s))
		node = node_connect(s->rpc, s->limits->step_milliseconds);
	proxy(c, fd, node, s->limits->idle_milliseconds);
}

struct attest_limits attest_limits_defaults(void)
{
	return (struct attest_limits){
		.connections = 64,
		.of_one_address = 48,
		.waiting = 64,
		.step_milliseconds = 10000,
		.evidence_milliseconds = 60000,
		.idle_milliseconds = 300000,
	};
}

int attest_service_init(struct attest_service *s, const struct attest_places *places,
			const struct attest_limits *limits, in_port_t rpc, in_port_t rest,
			say_function say, struct error **err)
{
	*s = (struct attest_service){
		.places = places, .limits = limits, .rpc = rpc, .rest = rest, .say = say};
	s->config = (struct buffer)BUFFER_INIT(CHANNEL_EVIDENCE_MAX);
	if (pthread_mutex_init(&s->turn, NULL) != 0)
		return error_oom(err);
	/* Images without one have no file. */
	if (!path_is_absent(places->config)) {
		int r = file_read(places->config, CHANNEL_EVIDENCE_MAX, &s->config, err);

		if (r < 0)
			return r;
	}
	return tls_server_new(protocols, &s->tls, err);
}

void attest_service_release(struct attest_service *s)
{
	tls_server_free(s->tls);
	buffer_release(&s->config);
	pthread_mutex_destroy(&s->turn);
}
