#include "guest/disk/bind.h"

#include <errno.h>

#include "base/secret.h"

static int explain_epoch(struct context *c, struct error **err)
{
	uint64_t now;

	if (!c->policy.has_signed)
		return 0;

	int r = counter_read(c->tpm, &now, err);

	if (r < 0 || now <= c->policy.signed_policy.epoch)
		return r;
	return error_set(
		err, -ERROR_REFUSED,
		"the signed policy has the epoch %u, and the TPM counts %llu: sign it with "
		"the epoch %llu or a later one",
		c->policy.signed_policy.epoch, (unsigned long long)now, (unsigned long long)now);
}

int bind_secret(struct context *c, struct luks2_tpm *token, struct error **err)
{
	struct secrets *s = c->secrets;
	int r = secrets_random(s->tpm, sizeof(s->tpm), err);

	if (r >= 0 && c->policy.has_key)
		r = counter_make(c->tpm, err);
	if (r >= 0 && c->policy.has_key)
		r = explain_epoch(c, err);
	if (r >= 0)
		r = seal(c->tpm, &c->policy, &c->pcrs, s, token, err);
	if (r >= 0)
		r = unseal(c->tpm, &c->policy, token, &c->pcrs, s->check, err);
	if (r < 0)
		return r;
	if (!secret_equal(s->check, s->tpm, DISK_SECRET_SIZE))
		return error_set(err, -EIO, "the TPM gives back another secret than it sealed");
	return 0;
}

int bind_slot(struct volume *v, const struct luks2_tpm *token, const struct secrets *s,
	      struct error **err)
{
	_cleanup_(buffer_release) struct buffer json = BUFFER_INIT(LUKS2_JSON_SIZE);
	int r = volume_add_slot(v, token->slot, s, s->tpm, err);

	if (r < 0)
		return r;
	token_tpm(token, &json);
	return buffer_ok(&json) ? volume_set_token(v, 0, buffer_text(&json), err) : error_oom(err);
}

int bind_epoch(struct context *c, const struct luks2_tpm *token, struct error **err)
{
	if (token->binding != LUKS2_BINDING_AUTHORIZE)
		return 0;
	return counter_raise(c->tpm, c->policy.signed_policy.epoch, err);
}
