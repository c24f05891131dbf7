#include <errno.h>

#include "crypto/pem.h"
#include "guest/disk/disk.h"

/* 1: read, 0: the image has no such key. One that cannot be read is not absent. */
static int read_key(const char *path, struct buffer *ret, struct error **err)
{
	_cleanup_error_ struct error *why = NULL;
	int r = file_read(path, PEM_MAX, ret, &why);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? error_move(err, r, &why) : 1;
}

/* Whatever is wrong with the text of the host is a reason, not a failure of the image. */
static void find_signed(const struct tpm_pcrs *pcrs, struct policy *p)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SIGNED_POLICY_MAX);
	struct signed_policies *l = &p->host_policies;
	_cleanup_error_ struct error *err = NULL;
	const struct signed_policy *found = NULL;
	int r = boot_disk_read(SIGNED_POLICY_PATH, SIGNED_POLICY_MAX, &text, &err);

	if (r >= 0)
		r = signed_policy_parse(SIGNED_POLICY_PATH, buffer_span(&text), l, &err);
	if (r >= 0) {
		found = signed_policy_find(l, pcrs);
		if (!found)
			r = error_set(&err, -ENOENT,
				      SIGNED_POLICY_PATH " has no policy for the registers of this "
							 "boot");
	}
	if (r >= 0)
		r = signed_policy_verify(found, &p->key, &err);
	if (r >= 0) {
		p->signed_policy = *found;
		p->has_signed = true;
		return;
	}
	snprintf(p->why_not, sizeof(p->why_not), "no signed policy: %s", error_message(err));
}

int policy_read(const struct tpm_pcrs *pcrs, struct policy *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer policy_key = BUFFER_INIT(PEM_MAX);
	_cleanup_(buffer_release) struct buffer recovery_key = BUFFER_INIT(PEM_MAX);
	int r = read_key(DISK_POLICY_KEY, &policy_key, err);

	*ret = (struct policy){.has_key = r > 0};
	if (r > 0) {
		r = rsa_public_parse(buffer_span(&policy_key), &ret->key, err);
		if (r >= 0)
			r = tpm_policy_key_name(&ret->key, &ret->key_name, err);
		if (r < 0)
			return error_wrap(err, r, DISK_POLICY_KEY);
		find_signed(pcrs, ret);
	}
	if (r >= 0)
		r = read_key(DISK_RECOVERY_KEY, &recovery_key, err);
	if (r > 0) {
		r = x25519_public_parse(buffer_span(&recovery_key), &ret->recovery, err);
		if (r < 0)
			return error_wrap(err, r, DISK_RECOVERY_KEY);
		ret->has_recovery = true;
	}
	return r < 0 ? r : 0;
}
