#include "formats/ratls.h"

#include "crypto/digest.h"
#include "formats/scale.h"

int ratls_put(struct buffer *b, const char *kind, struct span evidence, struct error **err)
{
	_cleanup_(buffer_release) struct buffer body = BUFFER_INIT(RATLS_BODY_MAX);

	if (evidence.n > RATLS_BODY_MAX)
		return error_set(err, -ERROR_MALFORMED, "%zu bytes of evidence, more than %u",
				 evidence.n, RATLS_BODY_MAX);
	scale_put_bytes(&body, span_string(kind));
	scale_put_bytes(&body, evidence);
	if (!buffer_ok(&body))
		return error_set(err, -ERROR_MALFORMED,
				 "%zu bytes of evidence do not fit into a message of %u",
				 evidence.n, RATLS_BODY_MAX);
	buffer_put_be32(b, (uint32_t)body.n);
	buffer_put(b, buffer_span(&body));
	return buffer_ok(b) ? 0 : error_oom(err);
}

int ratls_body_size(const uint8_t header[RATLS_HEADER_SIZE], size_t *ret, struct error **err)
{
	uint32_t n = get_be32(header);

	if (n > RATLS_BODY_MAX)
		return error_set(err, -ERROR_MALFORMED, "a message of %u bytes, more than %u", n,
				 RATLS_BODY_MAX);
	*ret = n;
	return 0;
}

int ratls_parse(struct span body, struct ratls_message *ret, struct error **err)
{
	struct reader r = reader_init(body);
	struct ratls_message m;

	m.kind = scale_read_bytes(&r);
	m.evidence = scale_read_bytes(&r);
	if (!reader_ok(&r) || r.rest.n || body.n > RATLS_BODY_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "the message is not a kind and its evidence");
	*ret = m;
	return 0;
}

void ratls_report_data(struct span key, const uint8_t exporter[RATLS_EXPORTER_SIZE],
		       uint8_t ret[RATLS_REPORT_DATA_SIZE])
{
	struct digest d = digest_bytes(DIGEST_SHA256, key);

	memcpy(ret, d.bytes, digest_size(DIGEST_SHA256));
	memcpy(ret + digest_size(DIGEST_SHA256), exporter, RATLS_EXPORTER_SIZE);
}
