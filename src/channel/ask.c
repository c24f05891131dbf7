#include "channel/ask.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

void channel_release(struct channel *c)
{
	tls_attested_free(c->tls);
	closep(&c->fd);
	evidence_release(&c->evidence);
	buffer_release(&c->log);
	*c = (struct channel)CHANNEL_INIT;
}

static int ask(struct channel *c, enum channel_wanted wanted, bool with_log, int64_t deadline,
	       struct error **err)
{
	struct channel_request q = {.wanted = wanted, .with_log = with_log};
	uint8_t frame[CHANNEL_REQUEST_SIZE];
	int r;

	if (getrandom(c->connection.nonce, sizeof c->connection.nonce, 0) !=
	    sizeof c->connection.nonce)
		return error_errno(err, errno, "no random bytes");
	memcpy(q.nonce, c->connection.nonce, sizeof q.nonce);
	channel_request_put(&q, frame);
	tls_attested_key(c->tls, c->connection.key);
	r = tls_attested_export(c->tls, BINDING_EXPORTER_LABEL, SPAN(q.nonce, sizeof q.nonce),
				c->connection.exporter, sizeof c->connection.exporter, err);
	return r < 0 ? r : tls_attested_send(c->tls, SPAN(frame, sizeof frame), deadline, err);
}

static int take_answer(struct channel *c, struct span body, struct error **err)
{
	struct channel_answer a;
	int r = channel_answer_parse(body, &a, err);

	if (r < 0)
		return r;
	/* The reason is printable ASCII. */
	if (a.refused)
		return error_set(err, -EACCES, "the node gives no evidence: %.*s", (int)a.reason.n,
				 (const char *)a.reason.p);
	buffer_put(&c->log, a.log);
	if (!buffer_ok(&c->log))
		return error_oom(err);
	r = evidence_parse(a.evidence, &c->evidence, err);
	return r < 0 ? error_wrap(err, r, "what the node sent") : 0;
}

static int receive(struct channel *c, int64_t deadline, struct error **err)
{
	_cleanup_(buffer_release) struct buffer body = BUFFER_INIT(CHANNEL_ANSWER_MAX);
	uint8_t header[CHANNEL_HEADER_SIZE];
	uint8_t *p = NULL;
	size_t n = 0;
	int r = tls_attested_receive(c->tls, header, sizeof header, deadline, err);

	if (r >= 0)
		r = channel_answer_size(header, &n, err);
	if (r < 0)
		return r;
	p = buffer_extend(&body, n);
	if (!p)
		return error_oom(err);
	r = tls_attested_receive(c->tls, p, n, deadline, err);
	return r < 0 ? r : take_answer(c, buffer_span(&body), err);
}

int channel_ask(const struct address *a, const char *protocol, enum channel_wanted wanted,
		bool with_log, int64_t deadline, struct channel *ret, struct error **err)
{
	int r = address_dial(a, deadline, &ret->fd, err);

	if (r < 0)
		return r;
	r = tls_attested_open(ret->fd, protocol, deadline, &ret->tls, err);
	if (r >= 0)
		r = ask(ret, wanted, with_log, deadline, err);
	if (r >= 0)
		r = receive(ret, deadline, err);
	return r < 0 ? error_wrap(err, r, "%s, port %u", a->host, a->port) : 0;
}
