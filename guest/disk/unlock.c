#include <errno.h>

#include "guest/disk/bind.h"
#include "guest/disk/disk.h"

/* " (registers 4 and 9 differ from those it was sealed to)" */
static void put_differences(const struct luks2_tpm *t, const struct tpm_pcrs *now,
			    struct buffer *ret)
{
	size_t n = 0, done = 0;

	for (size_t i = 0; i < TPM_POLICY_PCRS; i++)
		n += memcmp(t->pcrs.values[i], now->values[i], TPM_DIGEST_SIZE) != 0;
	if (n == 0)
		return;
	buffer_put_string(ret, n == 1 ? " (register" : " (registers");
	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		if (memcmp(t->pcrs.values[i], now->values[i], TPM_DIGEST_SIZE) == 0)
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

/* Why the disk stays locked, and what to do. */
static int stay_locked(const struct context *c, const struct luks2 *l, int r, struct error *why,
		       struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(4096);

	put_differences(&l->tpm, &c->pcrs, &text);
	return error_set(err, r, "'%s' stays locked: %s%s; nothing was written. %s", c->disk->path,
			 error_message(why), buffer_text(&text),
			 l->has_recovery
				 ? "Boot an image that may open it, or attach the recovery medium"
				 : "Only an image that may open it does: it has no recovery key");
}

/* Writes a copy of the header that was torn or older than the other. */
static int mend_disk(const struct context *c, const uint8_t *found, const uint8_t *mended,
		     const struct luks2 *l, struct error **err)
{
	int r;

	if (memcmp(found, mended, LUKS2_COPIES * LUKS2_COPY_SIZE) == 0)
		return 0;
	r = header_replace(c->disk->path, found, l, mended, err);
	if (r >= 0)
		c->say("the header of '%s' is mended", c->disk->path);
	return r;
}

/* By the TPM; otherwise by a recovery medium, if there is one. */
static int open_volume(struct context *c, struct volume *v, const uint8_t *found,
		       const uint8_t *mended, const struct luks2 *l, struct error **err)
{
	_cleanup_error_ struct error *why = NULL;
	int r = unseal(c->tpm, &c->policy, &l->tpm, &c->pcrs, c->secrets->tpm, &why);

	if (r >= 0)
		r = volume_unlock(v, l->tpm.slot, c->secrets->tpm, c->secrets, &why);
	if (r >= 0) {
		r = bind_epoch(c, &l->tpm, err);
		if (r >= 0)
			r = mend_disk(c, found, mended, l, err);
		if (r >= 0)
			c->say("'%s' is opened by the TPM", c->disk->path);
		return r;
	}
	if (!c->medium || !l->has_recovery)
		return stay_locked(c, l, r, why, err);
	/* Whoever makes both disk and medium knows the key of what is written from then on. */
	if (confidential_vm()) {
		c->say("the recovery medium '%s' is passed over: a confidential VM takes nothing of "
		       "its host",
		       c->medium->path);
		return stay_locked(c, l, r, why, err);
	}
	c->say("the TPM does not open '%s': %s", c->disk->path, error_message(why));
	return recover(c, v, mended, l, err);
}

int unlock(struct context *c, struct error **err)
{
	_cleanup_(volume_freep) struct volume *v = NULL;
	_cleanup_free_ uint8_t *header = NULL, *found = NULL;
	struct luks2 l;
	int r = header_read(c->disk->path, &found, err);

	if (r < 0)
		return r;
	r = luks2_check(SPAN(found, LUKS2_HEADER_SIZE), &l, err);
	if (r < 0)
		return error_wrap(err, r,
				  "'%s' stays locked: its header is not one that tdnode makes; "
				  "nothing was written",
				  c->disk->path);
	header = malloc(LUKS2_HEADER_SIZE);
	if (!header)
		return error_oom(err);
	memcpy(header, found, LUKS2_HEADER_SIZE);
	luks2_mend(header, &l);
	r = header_file_write(header, err);
	if (r >= 0)
		r = volume_load(c->disk, &v, err);
	if (r >= 0)
		r = open_volume(c, v, found, header, &l, err);
	return r < 0 ? r : volume_activate(v, c->secrets, err);
}
