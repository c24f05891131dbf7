#include <errno.h>

#include "guest/disk/tpm.h"

static int was_made(struct tpm *t, bool *ret, struct error **err)
{
	ESYS_TR index = ESYS_TR_NONE;
	TSS2_RC rc = Esys_TR_FromTPMPublic(t->device.esys, TPM_FIRST_DISK_INDEX, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, &index);

	*ret = rc == TSS2_RC_SUCCESS;
	if (*ret)
		Esys_TR_Close(t->device.esys, &index);
	return *ret || tpm_base_code(rc) == TPM2_RC_HANDLE
		       ? 0
		       : tpm_failed(rc, "tell whether it has seen a disk", err);
}

int first_disk_check(const struct disk_opening *c, struct error **err)
{
	bool confidential = confidential_vm() != CONFIDENTIAL_NOT, made;
	int r = was_made(c->tpm, &made, err);

	if (r < 0 || !made || (c->disk->has_word && !confidential))
		return r;
	return error_set(err, -ERROR_REFUSED,
			 "'%s' holds nothing, and this TPM has opened a disk before: attach that "
			 "one; nothing was written. %s",
			 c->disk->path,
			 confidential ? "If it is lost, start with a new VM"
				      : "If it is lost, write '" DISK_WORD
					"' to the start of a blank one");
}

void first_disk_remember(const struct disk_opening *c)
{
	const TPMS_NV_PUBLIC public = {
		.nvIndex = TPM_FIRST_DISK_INDEX,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPM_FIRST_DISK_ATTRIBUTES,
		.dataSize = TPM_FIRST_DISK_SIZE,
	};
	_cleanup_error_ struct error *why = NULL;
	ESYS_TR index = ESYS_TR_NONE;
	bool made = false;
	int r = was_made(c->tpm, &made, &why);

	if (r >= 0 && !made)
		r = tpm_define_index(c->tpm, &public, "remember that it opened a disk", &index,
				     &why);
	if (r < 0)
		c->say("%s", error_message(why));
	else if (!made)
		Esys_TR_Close(c->tpm->device.esys, &index);
}
