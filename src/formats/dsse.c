#include "formats/dsse.h"

#include "base/text.h"
#include "formats/json.h"
#include "formats/ssh_key.h"

/* "PAE": what is signed. */
static void put_encoding(struct buffer *b, const char *type, struct span payload)
{
	buffer_printf(b, "DSSEv1 %zu %s %zu ", strlen(type), type, payload.n);
	buffer_put(b, payload);
}

int dsse_sign(const struct ed25519_private *k, const char *type, struct span payload,
	      struct buffer *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer encoding = BUFFER_INIT(DSSE_MAX);
	_cleanup_free_ char *text = base64_string(payload), *signature = NULL;
	uint8_t bytes[ED25519_SIGNATURE_SIZE];
	char fingerprint[SSH_FINGERPRINT_SIZE];
	struct ed25519_public key;
	int r = ed25519_public_of(k, &key, err);

	put_encoding(&encoding, type, payload);
	if (r >= 0)
		r = text && buffer_ok(&encoding) && ssh_fingerprint(&key, fingerprint)
			    ? ed25519_sign(k, buffer_span(&encoding), bytes, err)
			    : error_oom(err);
	if (r < 0)
		return r;
	signature = base64_string(SPAN(bytes, sizeof bytes));
	if (!signature)
		return error_oom(err);
	return json_text(json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "payloadType", type, "payload",
				   text, "signatures", "keyid", fingerprint, "sig", signature),
			 ret, err);
}
