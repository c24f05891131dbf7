#include <errno.h>

#include "guest/disk/bind.h"
#include "guest/disk/disk.h"

static bool differs(const struct luks2_tpm *t, const struct tpm_pcrs *now, size_t index)
{
	return memcmp(t->pcrs.values[index], now->values[index], TPM_DIGEST_SIZE) != 0;
}

/* " (registers 4 and 9 differ from when it was sealed)" */
static void put_differences(const struct luks2_tpm *t, const struct tpm_pcrs *now,
			    struct buffer *ret)
{
	size_t n = 0, done = 0;

	for (size_t i = 0; i < TPM_POLICY_PCRS; i++)
		n += differs(t, now, i);
	if (n == 0)
		return;
	buffer_put_string(ret, n == 1 ? " (register" : " (registers");
	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		if (!differs(t, now, i))
			continue;
		done++;
		buffer_printf(ret, "%s %u",
			      done == 1	  ? ""
			      : done == n ? " and"
					  : ",",
			      tpm_policy_pcrs[i]);
	}
	buffer_printf(ret, " differ%s from when it was sealed)", n == 1 ? "s" : "");
}

/* What registers of the machine are about, of which an owner may have changed something. */
static void put_machine(const struct luks2_tpm *t, const struct tpm_pcrs *now, struct buffer *ret)
{
	static const struct {
		unsigned pcr;
		const char *text;
	} registers[] = {
		{0, "0: the firmware is another one"},
		{1, "1: memory, processors, devices, ACPI tables or boot variables of the machine "
		    "are others"},
		{2, "2: a driver or option ROM ran"},
		{3, "3: a driver has other settings"},
		{7, "7: Secure Boot has other keys or is switched otherwise"},
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		if (!differs(t, now, tpm_policy_index(registers[i].pcr)))
			continue;
		buffer_printf(ret, ". Register %s", registers[i].text);
		any = true;
	}
	if (any && t->binding == LUKS2_BINDING_AUTHORIZE)
		buffer_put_string(ret, ". If that is meant, sign the image for this machine: "
				       "tdnode sign --platform-log");
}

/* Why the disk stays locked, and what to do. */
static int stay_locked(const struct disk_opening *c, const struct luks2 *l, int r,
		       struct error *why, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(4096);

	/* Of a disk that was sealed to fewer registers, the others are not known. */
	if (c->tpm && l->tpm.version == LUKS2_TPM_TOKEN_VERSION) {
		put_differences(&l->tpm, &c->pcrs, &text);
		put_machine(&l->tpm, &c->pcrs, &text);
	}
	return error_set(err, r, "'%s' stays locked: %s%s; nothing was written. %s", c->disk->path,
			 error_message(why), buffer_text(&text),
			 l->has_recovery
				 ? "Boot an image that may open it, or attach the recovery medium"
				 : "Only an image that may open it does: it has no recovery key");
}

/* The TPM's secret, and by it the volume key. */
static int open_by_tpm(struct disk_opening *c, struct volume *v, const struct luks2 *l,
		       struct error **err)
{
	int r;

	if (!c->tpm)
		return error_set(err, -ENODEV, "%s", error_message(c->no_tpm));
	r = tpm_unseal(c->tpm, &c->policy, &l->tpm, &c->pcrs, c->secrets->tpm, err);
	if (r >= 0)
		r = bind_check_epochs(c, &l->tpm, err);
	return r < 0 ? r : volume_unlock(v, l->tpm.slot, c->secrets->tpm, c->secrets, err);
}

/*
 * Under a new epoch the secret of the old one, which its images could know, opens nothing any more. That of an
 * older version never stays.
 */
static int renew(struct disk_opening *c, struct volume *v, const uint8_t *header,
		 const struct luks2 *l, struct error **err)
{
	struct luks2_tpm token = {0};
	int r;

	if (l->tpm.version == LUKS2_TPM_TOKEN_VERSION &&
	    (l->tpm.binding != LUKS2_BINDING_AUTHORIZE ||
	     l->tpm.epoch >= c->policy.signed_policy.epoch))
		return bind_epoch(c, &l->tpm, err);
	r = bind_secret(c, &token, err);
	if (r >= 0)
		r = bind_anew(c, v, header, l, &token, err);
	if (r >= 0)
		c->say("'%s' is sealed anew, under the epoch %u", c->disk->path, token.epoch);
	return r;
}

/* The owner asks for evidence before he sends the secret. Of the host nothing is taken: whoever makes both disk and
 * medium knows the key of what is written from then on. */
static int recover_confidential(struct disk_opening *c, struct volume *v,
				const struct disk_header *h, int r, struct error *why,
				struct error **err)
{
	if (c->medium)
		c->say("the recovery medium '%s' is passed over: a confidential VM takes nothing "
		       "of its host",
		       c->medium->path);
	if (!disk_key_may_come())
		return stay_locked(c, &h->checked, r, why, err);
	c->say("the TPM does not open '%s': %s", c->disk->path, error_message(why));
	return disk_recover_by_key(c, v, h, err);
}

/* By the TPM; otherwise by the secret of recovery, if it comes. */
static int open_volume(struct disk_opening *c, struct volume *v, const struct disk_header *h,
		       struct error **err)
{
	_cleanup_error_ struct error *why = NULL;
	const struct luks2 *l = &h->checked;
	int r = open_by_tpm(c, v, l, &why);

	if (r >= 0) {
		r = disk_header_mend(c, h, err);
		if (r >= 0)
			r = renew(c, v, h->mended, l, err);
		if (r >= 0)
			c->say("'%s' is opened by the TPM", c->disk->path);
		return r;
	}
	if (!l->has_recovery)
		return stay_locked(c, l, r, why, err);
	if (confidential_vm() != CONFIDENTIAL_NOT)
		return recover_confidential(c, v, h, r, why, err);
	if (!c->medium)
		return stay_locked(c, l, r, why, err);
	c->say("the TPM does not open '%s': %s", c->disk->path, error_message(why));
	return disk_recover(c, v, h, err);
}

int disk_unlock(struct disk_opening *c, struct error **err)
{
	_cleanup_(volume_freep) struct volume *v = NULL;
	_cleanup_(disk_header_release) struct disk_header h = {0};
	int r = disk_header_check(c, &h, err);

	if (r >= 0 && h.checked.has_key)
		r = error_set(
			err, -ERROR_REFUSED,
			"'%s' stays locked: its owner hands over its key (tdnode unlock), to a "
			"confidential VM whose TPM is the host's; nothing was written",
			c->disk->path);
	if (r >= 0)
		r = header_file_write(h.mended, err);
	if (r >= 0)
		r = volume_load(c->disk, &v, err);
	if (r >= 0)
		r = open_volume(c, v, &h, err);
	return r < 0 ? r : volume_activate(v, c->secrets, err);
}
