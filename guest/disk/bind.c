#include "guest/disk/bind.h"

#include <errno.h>

#include "base/secret.h"

static int judge_policy_epoch(const struct disk_opening *c, uint64_t now, struct error **err)
{
	unsigned epoch = c->policy.signed_policy.epoch;

	if (!c->policy.has_signed)
		return 0;
	if (epoch < now)
		return error_set(err, -ERROR_REFUSED,
				 "the signed policy has the epoch %u, and the TPM counts %llu: "
				 "sign it with the epoch %llu or a later one",
				 epoch, (unsigned long long)now, (unsigned long long)now);
	if (epoch - now > TPM_EPOCH_STEPS_MAX)
		return error_set(
			err, -ERROR_REFUSED,
			"the signed policy has the epoch %u, and the TPM counts %llu: more "
			"than %u steps at once are taken for a mistake",
			epoch, (unsigned long long)now, TPM_EPOCH_STEPS_MAX);
	return 0;
}

static int explain_epoch(struct disk_opening *c, struct error **err)
{
	uint64_t now;
	int r = counter_read(c->tpm, &now, err);

	return r < 0 ? r : judge_policy_epoch(c, now, err);
}

int bind_check_epochs(struct disk_opening *c, const struct luks2_tpm *token, struct error **err)
{
	uint64_t now;
	int r;

	if (token->binding != LUKS2_BINDING_AUTHORIZE)
		return 0;
	r = counter_read(c->tpm, &now, err);
	if (r >= 0)
		r = judge_policy_epoch(c, now, err);
	/* An old disk is one that the policy key names. */
	if (r >= 0 && token->epoch < now && token->version == LUKS2_TPM_TOKEN_VERSION)
		return error_set(
			err, -ERROR_REFUSED,
			"the secret was sealed under the epoch %u, and the TPM counts %llu: "
			"whatever that epoch's images seal is revoked",
			token->epoch, (unsigned long long)now);
	return r;
}

int bind_secret(struct disk_opening *c, struct luks2_tpm *token, struct error **err)
{
	struct secrets *s = c->secrets;
	int r = secrets_random(s->tpm, sizeof(s->tpm), err);

	if (r >= 0 && c->policy.has_key)
		r = counter_make(c->tpm, err);
	if (r >= 0 && c->policy.has_key)
		r = explain_epoch(c, err);
	if (r >= 0)
		r = tpm_seal(c->tpm, &c->policy, &c->pcrs, s, token, err);
	if (r >= 0)
		r = tpm_unseal(c->tpm, &c->policy, token, &c->pcrs, s->check, err);
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

int bind_anew(struct disk_opening *c, struct volume *v, const uint8_t *header,
	      const struct luks2 *checked, struct luks2_tpm *token, struct error **err)
{
	_cleanup_free_ uint8_t *new = NULL;
	struct luks2 l;
	int r;

	token->slot = checked->tpm.slot == 0 ? 2 : 0;
	r = bind_slot(v, token, c->secrets, err);
	if (r >= 0)
		r = volume_remove_slot(v, checked->tpm.slot, err);
	if (r >= 0)
		r = header_file_read(&new, err);
	if (r >= 0)
		r = luks2_check(SPAN(new, LUKS2_HEADER_SIZE), &l, err);
	/* Before the header: a cut behind it leaves a disk that opens, and nobody asks. */
	if (r >= 0)
		first_disk_remember(c);
	if (r >= 0)
		r = header_replace(c->disk->path, header, checked, new, err);
	/* Last: a cut before leaves a disk that the older epoch opens, too. */
	if (r >= 0)
		r = bind_epoch(c, token, err);
	return r < 0 ? error_wrap(err, r, "'%s' cannot be sealed to this image", c->disk->path) : 0;
}

int bind_epoch(struct disk_opening *c, const struct luks2_tpm *token, struct error **err)
{
	if (token->binding != LUKS2_BINDING_AUTHORIZE)
		return 0;
	return counter_raise(c->tpm, c->policy.signed_policy.epoch, err);
}
