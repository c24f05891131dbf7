#include "guest/disk/tpm.h"

#include <errno.h>

void tpm_flush(struct tpm *t, ESYS_TR handle)
{
	if (handle != ESYS_TR_NONE && Esys_FlushContext(t->device.esys, handle) != TSS2_RC_SUCCESS)
		Esys_TR_Close(t->device.esys, &handle);
}

void tpm_free(struct tpm *t)
{
	if (!t)
		return;
	if (t->device.esys) {
		tpm_flush(t, t->session);
		tpm_flush(t, t->srk);
	}
	tpm_device_release(&t->device);
	free(t);
}

TPM2B_DIGEST tpm_digest(const struct digest *d)
{
	TPM2B_DIGEST b = {.size = TPM_DIGEST_SIZE};

	memcpy(b.buffer, d->bytes, TPM_DIGEST_SIZE);
	return b;
}

TPML_PCR_SELECTION tpm_selection(uint32_t registers)
{
	TPML_PCR_SELECTION s = {
		.count = 1,
		.pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3}},
	};

	for (unsigned i = 0; i < s.pcrSelections[0].sizeofSelect; i++)
		s.pcrSelections[0].pcrSelect[i] = (BYTE)(registers >> 8 * i);
	return s;
}

/* TCG TPM v2.0 Provisioning Guidance, 7.5.1: the ECC P-256 template; the same key at every boot. */
static const TPM2B_PUBLIC srk_template = {
	.publicArea =
		{
			.type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
					    TPMA_OBJECT_SENSITIVEDATAORIGIN |
					    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
					    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
			.parameters.eccDetail =
				{
					.symmetric =
						{
							.algorithm = TPM2_ALG_AES,
							.keyBits.aes = 128,
							.mode.aes = TPM2_ALG_CFB,
						},
					.scheme.scheme = TPM2_ALG_NULL,
					.curveID = TPM2_ECC_NIST_P256,
					.kdf.scheme = TPM2_ALG_NULL,
				},
			.unique.ecc = {.x.size = 32, .y.size = 32},
		},
};

static int make_srk(struct tpm *t, struct error **err)
{
	const TPM2B_SENSITIVE_CREATE sensitive = {0};
	const TPM2B_DATA outside = {0};
	const TPML_PCR_SELECTION none = {0};
	_cleanup_esys_ TPM2B_NAME *name = NULL;
	TSS2_RC rc = Esys_CreatePrimary(t->device.esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
					ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &srk_template,
					&outside, &none, &t->srk, NULL, NULL, NULL, NULL);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TR_GetName(t->device.esys, t->srk, &name);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "make its storage root key", err);
	if (name->size != TPM_NAME_SIZE)
		return error_set(err, -EIO, "the TPM's storage root key has a name of %u bytes",
				 name->size);
	memcpy(t->srk_name.bytes, name->name, TPM_NAME_SIZE);
	return 0;
}

/* The session that encrypts; the storage root key keeps its key from whoever listens. */
static int start_encryption(struct tpm *t, struct error **err)
{
	const TPMT_SYM_DEF symmetric = {
		.algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB,
	};
	const TPMA_SESSION attributes =
		TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT | TPMA_SESSION_DECRYPT;
	TSS2_RC rc = Esys_StartAuthSession(t->device.esys, t->srk, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_HMAC,
					   &symmetric, TPM2_ALG_SHA256, &t->session);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TRSess_SetAttributes(t->device.esys, t->session, attributes, 0xff);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "start a session", err);
}

int tpm_start_policy(struct tpm *t, ESYS_TR *ret, struct error **err)
{
	const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
	TSS2_RC rc = Esys_StartAuthSession(t->device.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none,
					   TPM2_ALG_SHA256, ret);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "start a policy", err);
}

int tpm_open(struct tpm **ret, struct error **err)
{
	_cleanup_(tpm_freep) struct tpm *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return error_oom(err);
	t->srk = t->session = ESYS_TR_NONE;
	r = tpm_device_open(&t->device, err);
	if (r >= 0)
		r = make_srk(t, err);
	if (r >= 0)
		r = start_encryption(t, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(t);
	return 0;
}

/* One at a time: a TPM gives at most eight together, and may give fewer. */
static int read_pcr(struct tpm *t, unsigned pcr, uint8_t ret[TPM_DIGEST_SIZE], struct error **err)
{
	const TPML_PCR_SELECTION wanted = tpm_selection(1u << pcr);
	_cleanup_esys_ TPML_PCR_SELECTION *read = NULL;
	_cleanup_esys_ TPML_DIGEST *values = NULL;
	TSS2_RC rc = Esys_PCR_Read(t->device.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &wanted, NULL, &read, &values);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "read its registers", err);
	if (values->count != 1 || values->digests[0].size != TPM_DIGEST_SIZE)
		return error_set(err, -ERROR_REFUSED, "the TPM has no SHA-256 registers");
	memcpy(ret, values->digests[0].buffer, TPM_DIGEST_SIZE);
	return 0;
}

int tpm_read_pcrs(struct tpm *t, struct tpm_pcrs *ret, struct error **err)
{
	int r = 0, unmeasured;

	for (size_t i = 0; r >= 0 && i < TPM_POLICY_PCRS; i++)
		r = read_pcr(t, tpm_policy_pcrs[i], ret->values[i], err);
	if (r < 0)
		return r;
	unmeasured = tpm_pcrs_unmeasured(ret);
	if (unmeasured >= 0)
		return error_set(
			err, -ERROR_REFUSED,
			"nobody measured this boot: register %d of the TPM is as after its "
			"reset, so nothing is known of the code that runs; no disk is made "
			"or opened",
			unmeasured);
	return 0;
}

int tpm_define_index(struct tpm *t, const TPMS_NV_PUBLIC *public, const char *what, ESYS_TR *ret,
		     struct error **err)
{
	const TPM2B_AUTH empty = {0};
	const TPM2B_NV_PUBLIC sized = {.nvPublic = *public};
	TSS2_RC rc = Esys_NV_DefineSpace(t->device.esys, ESYS_TR_RH_OWNER, t->session, ESYS_TR_NONE,
					 ESYS_TR_NONE, &empty, &sized, ret);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, what, err);
}

int tpm_random(struct tpm *t, uint8_t *p, size_t n, struct error **err)
{
	TPM2B_DIGEST *bytes = NULL;
	TSS2_RC rc = Esys_GetRandom(t->device.esys, t->session, ESYS_TR_NONE, ESYS_TR_NONE,
				    (UINT16)n, &bytes);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "give random bytes", err);

	bool enough = bytes->size >= n;

	if (enough)
		memcpy(p, bytes->buffer, n);
	explicit_bzero(bytes, sizeof(*bytes));
	Esys_Free(bytes);
	return enough ? 0 : error_set(err, -EIO, "the TPM gives too few random bytes");
}
