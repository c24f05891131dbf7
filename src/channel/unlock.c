#include "channel/unlock.h"

#include <errno.h>

#include "crypto/hkdf.h"

int unlock_secret(const struct x25519_private *key, const char *uuid,
		  uint8_t ret[DISK_KEY_SECRET_SIZE], struct error **err)
{
	return hkdf_sha256(SPAN(key->bytes, X25519_SIZE), span_string(UNLOCK_SALT),
			   span_string(uuid), ret, DISK_KEY_SECRET_SIZE, err);
}

int unlock_offer(struct channel *c, int64_t deadline, struct disk_key_offer *ret,
		 struct error **err)
{
	uint8_t bytes[DISK_KEY_OFFER_SIZE];
	int r = tls_attested_receive(c->tls, bytes, sizeof bytes, deadline, err);

	return r < 0 ? r : disk_key_offer_parse(SPAN(bytes, sizeof bytes), ret, err);
}

static int receive_result(struct channel *c, int64_t deadline, struct error **err)
{
	uint8_t bytes[DISK_KEY_RESULT_HEADER_SIZE + DISK_KEY_REASON_MAX];
	struct disk_key_result result;
	size_t n = 0;
	int r = tls_attested_receive(c->tls, bytes, DISK_KEY_RESULT_HEADER_SIZE, deadline, err);

	if (r >= 0)
		r = disk_key_result_size(bytes, &n, err);
	if (r >= 0)
		r = tls_attested_receive(c->tls, bytes + DISK_KEY_RESULT_HEADER_SIZE, n, deadline,
					 err);
	if (r >= 0)
		r = disk_key_result_parse(SPAN(bytes, DISK_KEY_RESULT_HEADER_SIZE + n), &result,
					  err);
	if (r >= 0 && !result.open)
		r = error_set(err, -EPERM, "the disk stays locked: %.*s", (int)result.reason.n,
			      (const char *)result.reason.p);
	return r;
}

int unlock_send(struct channel *c, const struct disk_key_message *m, int64_t deadline,
		struct error **err)
{
	uint8_t bytes[DISK_KEY_MESSAGE_SIZE];
	int r;

	disk_key_message_put(m, bytes);
	r = tls_attested_send(c->tls, SPAN(bytes, sizeof bytes), deadline, err);
	explicit_bzero(bytes, sizeof bytes);
	return r < 0 ? r : receive_result(c, deadline, err);
}
