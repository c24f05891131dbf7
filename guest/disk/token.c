#include "guest/disk/disk.h"

static void put_hex(struct buffer *b, const char *name, struct span bytes)
{
	_cleanup_free_ char *hex = hex_string(bytes);

	if (!hex)
		b->failed = true;
	else
		buffer_printf(b, ",\"%s\":\"%s\"", name, hex);
}

void token_tpm(const struct luks2_tpm *t, struct buffer *ret)
{
	buffer_printf(ret,
		      "{\"type\":\"" LUKS2_TPM_TOKEN "\",\"keyslots\":[\"%u\"],\"version\":%d,"
		      "\"binding\":\"%s\",\"pcrs\":{",
		      t->slot, LUKS2_TPM_TOKEN_VERSION,
		      t->binding == LUKS2_BINDING_AUTHORIZE ? "authorize" : "pcr");
	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		char hex[2 * TPM_DIGEST_SIZE + 1];

		hex_encode(SPAN(t->pcrs.values[i], TPM_DIGEST_SIZE), hex);
		buffer_printf(ret, "%s\"%u\":\"%s\"", i ? "," : "", tpm_policy_pcrs[i], hex);
	}
	buffer_put_string(ret, "}");
	put_hex(ret, "srk", SPAN(t->srk.bytes, TPM_NAME_SIZE));
	put_hex(ret, "public", SPAN(t->public, t->public_size));
	put_hex(ret, "private", SPAN(t->private, t->private_size));
	put_hex(ret, "creation", SPAN(t->creation, t->creation_size));
	put_hex(ret, "ticket", SPAN(t->ticket, t->ticket_size));
	buffer_printf(ret, ",\"epoch\":%u", t->epoch);
	put_hex(ret, "signature", SPAN(t->signature, t->signature_size));
	buffer_put_string(ret, "}");
}

void token_recovery(const struct luks2_recovery *t, struct buffer *ret)
{
	buffer_printf(ret,
		      "{\"type\":\"" LUKS2_RECOVERY_TOKEN "\",\"keyslots\":[\"%u\"],\"version\":%d",
		      LUKS2_RECOVERY_SLOT, LUKS2_TOKEN_VERSION);
	put_hex(ret, "recipient", SPAN(t->recipient.bytes, X25519_SIZE));
	put_hex(ret, "box", SPAN(t->box, BOX_SIZE));
	buffer_put_string(ret, "}");
}
