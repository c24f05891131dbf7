#include "guest/attest/attest.h"

static void fill(struct attest_service *s, const uint8_t nonce[BINDING_NONCE_SIZE],
		 const uint8_t *exporter, struct span claims, struct binding *ret)
{
	struct digest key = tls_server_key_digest(s->tls);

	*ret = (struct binding){
		.purpose = exporter ? BINDING_CHANNEL : BINDING_EVIDENCE,
		.config = buffer_span(&s->config),
		.claims = claims,
	};
	memcpy(ret->nonce, nonce, sizeof ret->nonce);
	memcpy(ret->key, key.bytes, sizeof ret->key);
	if (exporter)
		memcpy(ret->exporter, exporter, sizeof ret->exporter);
}

/* What was bound, as the document has it. The exporter is not in it: who has the connection has it, too. */
static int describe(const struct binding *b, struct evidence_binding *ret, struct error **err)
{
	ret->given = true;
	ret->purpose = b->purpose;
	memcpy(ret->nonce, b->nonce, sizeof ret->nonce);
	memcpy(ret->key, b->key, sizeof ret->key);
	ret->config.max = ret->claims.max = EVIDENCE_MAX;
	buffer_put(&ret->config, b->config);
	buffer_put(&ret->claims, b->claims);
	return buffer_ok(&ret->config) && buffer_ok(&ret->claims) ? 0 : error_oom(err);
}

int document_make(struct attest_service *s, const uint8_t nonce[BINDING_NONCE_SIZE],
		  const uint8_t *exporter, struct buffer *ret, struct error **err)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	_cleanup_(buffer_release) struct buffer claims = BUFFER_INIT(CLAIMS_MAX);
	uint8_t data[BINDING_SIZE];
	struct binding binding;
	int r = claims_collect(s->places, &claims, err);

	if (r < 0)
		return r;
	fill(s, nonce, exporter, buffer_span(&claims), &binding);
	binding_digest(&binding, data);
	r = queue_evidence(s, data, sizeof data, &e, err);
	if (r >= 0)
		r = describe(&binding, &e.binding, err);
	return r < 0 ? r : evidence_write(&e, ret, err);
}
