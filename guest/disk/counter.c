#include <errno.h>

#include "guest/disk/tpm.h"

static int open_index(struct tpm *t, ESYS_TR *ret, struct error **err)
{
	const struct tpm_name expected = tpm_counter_name();
	_cleanup_esys_ TPM2B_NAME *name = NULL;
	TSS2_RC rc = Esys_TR_FromTPMPublic(t->device.esys, TPM_COUNTER_INDEX, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, ret);

	if (tpm_base_code(rc) == TPM2_RC_HANDLE)
		return error_set(err, -ENOENT, "the TPM has no counter of epochs (index 0x%x)",
				 TPM_COUNTER_INDEX);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TR_GetName(t->device.esys, *ret, &name);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "find the counter of epochs", err);
	if (name->size != TPM_NAME_SIZE || memcmp(name->name, expected.bytes, TPM_NAME_SIZE) != 0) {
		Esys_TR_Close(t->device.esys, ret);
		return error_set(err, -EEXIST,
				 "index 0x%x of the TPM is not tdnode's counter of epochs",
				 TPM_COUNTER_INDEX);
	}
	return 0;
}

static int increment(struct tpm *t, ESYS_TR index, struct error **err)
{
	TSS2_RC rc = Esys_NV_Increment(t->device.esys, index, index, t->session, ESYS_TR_NONE,
				       ESYS_TR_NONE);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "count epochs", err);
}

/* Defines the index and makes it readable by its first increment. */
static int define(struct tpm *t, struct error **err)
{
	const TPMS_NV_PUBLIC public = {
		.nvIndex = TPM_COUNTER_INDEX,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPM_COUNTER_ATTRIBUTES,
		.dataSize = TPM_COUNTER_SIZE,
	};
	ESYS_TR index = ESYS_TR_NONE;
	int r = tpm_define_index(t, &public, "make the counter of epochs", &index, err);

	if (r < 0)
		return r;
	r = increment(t, index, err);
	Esys_TR_Close(t->device.esys, &index);
	return r;
}

/* An index that was defined and not incremented, as a cut leaves it, is made anew. */
static int remove_unwritten(struct tpm *t, struct error **err)
{
	_cleanup_esys_ TPM2B_NV_PUBLIC *public = NULL;
	ESYS_TR index = ESYS_TR_NONE;
	TSS2_RC rc = Esys_TR_FromTPMPublic(t->device.esys, TPM_COUNTER_INDEX, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, &index);

	if (tpm_base_code(rc) == TPM2_RC_HANDLE)
		return 0;
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_NV_ReadPublic(t->device.esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
					ESYS_TR_NONE, &public, NULL);
	if (rc == TSS2_RC_SUCCESS && public->nvPublic.attributes != TPM_COUNTER_ATTRIBUTES) {
		Esys_TR_Close(t->device.esys, &index);
		return 0;
	}
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_NV_UndefineSpace(t->device.esys, ESYS_TR_RH_OWNER, index, t->session,
					   ESYS_TR_NONE, ESYS_TR_NONE);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "look at the counter of epochs", err);
}

int counter_make(struct tpm *t, struct error **err)
{
	_cleanup_error_ struct error *missing = NULL;
	ESYS_TR index = ESYS_TR_NONE;
	int r = remove_unwritten(t, err);

	if (r < 0)
		return r;
	r = open_index(t, &index, &missing);
	if (r == -ENOENT)
		return define(t, err);
	if (r < 0)
		return error_move(err, r, &missing);
	Esys_TR_Close(t->device.esys, &index);
	return 0;
}

static int read_index(struct tpm *t, ESYS_TR index, uint64_t *ret, struct error **err)
{
	_cleanup_esys_ TPM2B_MAX_NV_BUFFER *data = NULL;
	TSS2_RC rc = Esys_NV_Read(t->device.esys, index, index, t->session, ESYS_TR_NONE,
				  ESYS_TR_NONE, TPM_COUNTER_SIZE, 0, &data);

	if (rc != TSS2_RC_SUCCESS || data->size != TPM_COUNTER_SIZE)
		return tpm_failed(rc, "read the counter of epochs", err);
	*ret = get_be64(data->buffer);
	return 0;
}

int counter_read(struct tpm *t, uint64_t *ret, struct error **err)
{
	ESYS_TR index = ESYS_TR_NONE;
	int r = open_index(t, &index, err);

	if (r < 0)
		return r;
	r = read_index(t, index, ret, err);
	Esys_TR_Close(t->device.esys, &index);
	return r;
}

int counter_raise(struct tpm *t, uint64_t epoch, struct error **err)
{
	ESYS_TR index = ESYS_TR_NONE;
	uint64_t now = 0;
	int r = open_index(t, &index, err);

	if (r < 0)
		return r;
	r = read_index(t, index, &now, err);
	for (; r >= 0 && now < epoch; now++)
		r = increment(t, index, err);
	Esys_TR_Close(t->device.esys, &index);
	return r;
}
