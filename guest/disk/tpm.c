#include "guest/disk/tpm.h"

#include <errno.h>
#include <tss2/tss2_tcti_device.h>

#define DEVICE "/dev/tpm0"

void tpm_flush(struct tpm *t, ESYS_TR handle)
{
	if (handle != ESYS_TR_NONE && Esys_FlushContext(t->esys, handle) != TSS2_RC_SUCCESS)
		Esys_TR_Close(t->esys, &handle);
}

void tpm_free(struct tpm *t)
{
	if (!t)
		return;
	if (t->esys) {
		tpm_flush(t, t->session);
		tpm_flush(t, t->srk);
		Esys_Finalize(&t->esys);
	}
	if (t->tcti)
		Tss2_Tcti_Finalize(t->tcti);
	free(t->tcti);
	free(t);
}

static void select_pcr(TPML_PCR_SELECTION *s, unsigned pcr)
{
	s->pcrSelections[0].pcrSelect[pcr / 8] |= (BYTE)(1u << pcr % 8);
}

TPML_PCR_SELECTION tpm_selection(void)
{
	TPML_PCR_SELECTION s = {
		.count = 1,
		.pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3}},
	};

	for (size_t i = 0; i < TPM_POLICY_PCRS; i++)
		select_pcr(&s, tpm_policy_pcrs[i]);
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
	TSS2_RC rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					ESYS_TR_NONE, &sensitive, &srk_template, &outside, &none,
					&t->srk, NULL, NULL, NULL, NULL);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TR_GetName(t->esys, t->srk, &name);
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
	TSS2_RC rc = Esys_StartAuthSession(t->esys, t->srk, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_HMAC,
					   &symmetric, TPM2_ALG_SHA256, &t->session);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TRSess_SetAttributes(t->esys, t->session, attributes, 0xff);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "start a session", err);
}

int tpm_start_policy(struct tpm *t, ESYS_TR *ret, struct error **err)
{
	const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
	TSS2_RC rc = Esys_StartAuthSession(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none,
					   TPM2_ALG_SHA256, ret);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "start a policy", err);
}

static int open_device(struct tpm *t, struct error **err)
{
	size_t size = 0;
	TSS2_RC rc;

	if (path_is_absent(DEVICE))
		return error_set(err, -ENODEV, "there is no TPM (" DEVICE ")");
	rc = Tss2_Tcti_Device_Init(NULL, &size, DEVICE);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "be opened", err);

	TSS2_TCTI_CONTEXT *tcti = calloc(1, size);

	if (!tcti)
		return error_oom(err);
	rc = Tss2_Tcti_Device_Init(tcti, &size, DEVICE);
	if (rc != TSS2_RC_SUCCESS) {
		free(tcti);
		return tpm_failed(rc, "be opened", err);
	}
	t->tcti = tcti;
	rc = Esys_Initialize(&t->esys, tcti, NULL);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "be opened", err);
}

int tpm_open(struct tpm **ret, struct error **err)
{
	_cleanup_(tpm_freep) struct tpm *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return error_oom(err);
	t->srk = t->session = ESYS_TR_NONE;
	r = open_device(t, err);
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
	TPML_PCR_SELECTION wanted = {
		.count = 1,
		.pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3}},
	};
	_cleanup_esys_ TPML_PCR_SELECTION *read = NULL;
	_cleanup_esys_ TPML_DIGEST *values = NULL;
	TSS2_RC rc;

	select_pcr(&wanted, pcr);
	rc = Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, NULL, &read,
			   &values);
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

int tpm_random(struct tpm *t, uint8_t *p, size_t n, struct error **err)
{
	TPM2B_DIGEST *bytes = NULL;
	TSS2_RC rc =
		Esys_GetRandom(t->esys, t->session, ESYS_TR_NONE, ESYS_TR_NONE, (UINT16)n, &bytes);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "give random bytes", err);

	bool enough = bytes->size >= n;

	if (enough)
		memcpy(p, bytes->buffer, n);
	explicit_bzero(bytes, sizeof(*bytes));
	Esys_Free(bytes);
	return enough ? 0 : error_set(err, -EIO, "the TPM gives too few random bytes");
}
