#include "formats/channel.h"

#define REQUEST_BODY (CHANNEL_REQUEST_SIZE - CHANNEL_HEADER_SIZE)

enum { STATUS_EVIDENCE, STATUS_REFUSED };

void channel_request_put(const struct channel_request *q, uint8_t ret[CHANNEL_REQUEST_SIZE])
{
	put_be32(ret, REQUEST_BODY);
	ret[4] = CHANNEL_VERSION;
	memcpy(ret + 5, q->nonce, BINDING_NONCE_SIZE);
	ret[37] = (uint8_t)q->wanted;
	ret[38] = q->with_log;
}

int channel_request_parse(struct span bytes, struct channel_request *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	uint32_t n = reader_be32(&r);
	uint8_t version = reader_u8(&r);
	struct span nonce = reader_bytes(&r, BINDING_NONCE_SIZE);
	uint8_t wanted = reader_u8(&r), with_log = reader_u8(&r);

	if (!reader_ok(&r) || n != REQUEST_BODY || r.rest.n)
		return error_set(err, -ERROR_MALFORMED, "a request has %u bytes, not %zu",
				 CHANNEL_REQUEST_SIZE, bytes.n);
	if (version != CHANNEL_VERSION)
		return error_set(err, -ERROR_UNSUPPORTED, "a request of version %u: %u is read",
				 version, CHANNEL_VERSION);
	if (wanted >= CHANNEL_WANTED_ || with_log > 1)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "a request for what is not known (kind %u, log %u)", wanted,
				 with_log);
	memcpy(ret->nonce, nonce.p, sizeof ret->nonce);
	ret->wanted = (enum channel_wanted)wanted;
	ret->with_log = with_log;
	return 0;
}

static bool is_reason(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.n > 0 && s.n <= CHANNEL_REASON_MAX;
}

int channel_answer_put(struct buffer *b, const struct channel_answer *a, struct error **err)
{
	struct span first = a->refused ? a->reason : a->evidence;

	if (a->refused ? !is_reason(first) : first.n > CHANNEL_EVIDENCE_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "%zu bytes of %s are not what an answer has", first.n,
				 a->refused ? "a reason" : "evidence");
	if (a->log.n > CHANNEL_LOG_MAX)
		return error_set(err, -ERROR_MALFORMED, "a log of %zu bytes, more than %u",
				 a->log.n, CHANNEL_LOG_MAX);
	buffer_put_be32(b, (uint32_t)(10 + first.n + a->log.n));
	buffer_put_u8(b, CHANNEL_VERSION);
	buffer_put_u8(b, a->refused ? STATUS_REFUSED : STATUS_EVIDENCE);
	buffer_put_be32(b, (uint32_t)first.n);
	buffer_put(b, first);
	buffer_put_be32(b, (uint32_t)a->log.n);
	buffer_put(b, a->log);
	return buffer_ok(b) ? 0 : error_oom(err);
}

int channel_answer_size(const uint8_t header[CHANNEL_HEADER_SIZE], size_t *ret, struct error **err)
{
	uint32_t n = get_be32(header);

	if (n > CHANNEL_ANSWER_MAX)
		return error_set(err, -ERROR_MALFORMED, "an answer of %u bytes, more than %u", n,
				 CHANNEL_ANSWER_MAX);
	*ret = n;
	return 0;
}

int channel_answer_parse(struct span body, struct channel_answer *ret, struct error **err)
{
	struct reader r = reader_init(body);
	uint8_t version = reader_u8(&r), status = reader_u8(&r);
	struct span first = reader_bytes(&r, reader_be32(&r));
	struct span log = reader_bytes(&r, reader_be32(&r));

	if (body.n && version != CHANNEL_VERSION)
		return error_set(err, -ERROR_UNSUPPORTED, "an answer of version %u: %u is read",
				 version, CHANNEL_VERSION);
	if (!reader_ok(&r) || r.rest.n)
		return error_set(err, -ERROR_MALFORMED, "the answer is not whole, or has more");
	if (status > STATUS_REFUSED || log.n > CHANNEL_LOG_MAX ||
	    (status == STATUS_EVIDENCE ? first.n > CHANNEL_EVIDENCE_MAX
				       : !is_reason(first) || log.n))
		return error_set(err, -ERROR_MALFORMED,
				 "the answer is neither evidence nor a "
				 "reason");
	*ret = (struct channel_answer){.refused = status == STATUS_REFUSED, .log = log};
	if (ret->refused)
		ret->reason = first;
	else
		ret->evidence = first;
	return 0;
}
