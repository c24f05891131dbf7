#include "guest/disk/creation_data.h"
#include "guest/disk/tpm.h"

/* The registers of the token may seal: they are those of now, or the policy key says so. */
static int check_registers(const struct policy *p, const struct luks2_tpm *t,
			   const struct tpm_pcrs *pcrs, struct error **err)
{
	struct signed_policy s = {
		.kind = t->version == LUKS2_TPM_TOKEN_VERSION_FEW ? SIGNED_POLICY_FEW
								  : SIGNED_POLICY,
		.pcrs = t->pcrs,
		.epoch = t->epoch,
		.key = p->key_name,
		.signature_size = t->signature_size,
	};

	if (t->binding == LUKS2_BINDING_PCR)
		return memcmp(&t->pcrs, pcrs, sizeof(*pcrs)) == 0
			       ? 0
			       : error_set(err, -ERROR_REFUSED, "it names other registers");
	memcpy(s.signature, t->signature, t->signature_size);
	return signed_policy_verify(&s, &p->key, err);
}

/* The TPM's own word for what it noted. */
static int check_ticket(struct tpm *tpm, ESYS_TR object, const struct creation_data *c,
			struct error **err)
{
	const TPMT_SIG_SCHEME none = {.scheme = TPM2_ALG_NULL};
	const TPM2B_DATA qualifying = {0};
	TPM2B_DIGEST hash = {.size = TPM_DIGEST_SIZE};
	_cleanup_esys_ TPM2B_ATTEST *attest = NULL;
	_cleanup_esys_ TPMT_SIGNATURE *signature = NULL;
	TSS2_RC rc;

	memcpy(hash.buffer, c->digest.bytes, TPM_DIGEST_SIZE);
	/* The session proves that the answer is the TPM's. */
	rc = Esys_CertifyCreation(tpm->device.esys, ESYS_TR_RH_NULL, object, tpm->session,
				  ESYS_TR_NONE, ESYS_TR_NONE, &qualifying, &hash, &none, &c->ticket,
				  &attest, &signature);
	if (tpm_base_code(rc) == TPM2_RC_TICKET)
		return error_set(err, -ERROR_REFUSED, "the TPM did not note this");
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "say who sealed the secret", err);
}

int creation_check(struct tpm *tpm, ESYS_TR object, const struct policy *p,
		   const struct luks2_tpm *t, const struct tpm_pcrs *pcrs, struct error **err)
{
	uint32_t registers =
		t->version == LUKS2_TPM_TOKEN_VERSION_FEW ? TPM_PCRS_FEW : TPM_PCRS_ALL;
	struct creation_data c;
	int r = creation_data_parse(t, &c, err);

	if (r >= 0)
		r = check_registers(p, t, pcrs, err);
	if (r >= 0)
		r = creation_data_check(&c, registers, &t->pcrs, err);
	if (r >= 0)
		r = check_ticket(tpm, object, &c, err);
	return r < 0 ? error_wrap(err, r, "the secret was not sealed by an image that may") : 0;
}
