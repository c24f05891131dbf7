#include <tss2/tss2_mu.h>

#include "guest/disk/tpm.h"

static int refuse(const char *why, struct error **err)
{
	return error_set(err, -ERROR_REFUSED, "the secret was not sealed by an image that may: %s",
			 why);
}

/* The registers of the token may seal: they are those of now, or the policy key says so. */
static int check_registers(const struct policy *p, const struct luks2_tpm *t,
			   const struct tpm_pcrs *pcrs, struct error **err)
{
	struct signed_policy s = {
		.pcrs = t->pcrs,
		.epoch = t->epoch,
		.key = p->key_name,
		.signature_size = t->signature_size,
	};
	int r;

	if (t->binding == LUKS2_BINDING_PCR)
		return memcmp(&t->pcrs, pcrs, sizeof(*pcrs)) == 0
			       ? 0
			       : refuse("it names other registers", err);
	memcpy(s.signature, t->signature, t->signature_size);
	r = signed_policy_verify(&s, &p->key, err);
	return r < 0 ? error_wrap(err, r, "the secret was not sealed by an image that may") : 0;
}

/* What the TPM noted is about the registers of the token. */
static int check_noted(const struct luks2_tpm *t, const TPMS_CREATION_DATA *noted,
		       struct error **err)
{
	const TPML_PCR_SELECTION wanted = tpm_selection();
	const TPMS_PCR_SELECTION *w = &wanted.pcrSelections[0],
				 *n = &noted->pcrSelect.pcrSelections[0];
	struct digest values =
		digest_bytes(DIGEST_SHA256, SPAN(t->pcrs.values, sizeof(t->pcrs.values)));

	if (noted->pcrSelect.count != 1 || n->hash != w->hash ||
	    n->sizeofSelect != w->sizeofSelect ||
	    memcmp(n->pcrSelect, w->pcrSelect, w->sizeofSelect) != 0)
		return refuse("the TPM noted other registers", err);
	if (noted->pcrDigest.size != TPM_DIGEST_SIZE ||
	    memcmp(noted->pcrDigest.buffer, values.bytes, TPM_DIGEST_SIZE) != 0)
		return refuse("the TPM noted other values of the registers", err);
	return 0;
}

/* The TPM's own word for what it noted. */
static int check_ticket(struct tpm *tpm, ESYS_TR object, const struct luks2_tpm *t,
			const TPMT_TK_CREATION *ticket, struct error **err)
{
	/* Behind the size: the digest is that of the structure alone. */
	struct digest d = digest_bytes(DIGEST_SHA256, SPAN(t->creation + 2, t->creation_size - 2));
	const TPMT_SIG_SCHEME none = {.scheme = TPM2_ALG_NULL};
	const TPM2B_DATA qualifying = {0};
	TPM2B_DIGEST hash = {.size = TPM_DIGEST_SIZE};
	_cleanup_esys_ TPM2B_ATTEST *attest = NULL;
	_cleanup_esys_ TPMT_SIGNATURE *signature = NULL;
	TSS2_RC rc;

	memcpy(hash.buffer, d.bytes, TPM_DIGEST_SIZE);
	/* The session proves that the answer is the TPM's. */
	rc = Esys_CertifyCreation(tpm->esys, ESYS_TR_RH_NULL, object, tpm->session, ESYS_TR_NONE,
				  ESYS_TR_NONE, &qualifying, &hash, &none, ticket, &attest,
				  &signature);
	if (tpm_base_code(rc) == TPM2_RC_TICKET)
		return refuse("the TPM did not note this", err);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "say who sealed the secret", err);
}

int creation_check(struct tpm *tpm, ESYS_TR object, const struct policy *p,
		   const struct luks2_tpm *t, const struct tpm_pcrs *pcrs, struct error **err)
{
	TPM2B_CREATION_DATA creation = {0};
	TPMT_TK_CREATION ticket = {0};
	size_t creation_end = 0, ticket_end = 0;
	int r;

	if (Tss2_MU_TPM2B_CREATION_DATA_Unmarshal(t->creation, t->creation_size, &creation_end,
						  &creation) != TSS2_RC_SUCCESS ||
	    Tss2_MU_TPMT_TK_CREATION_Unmarshal(t->ticket, t->ticket_size, &ticket_end, &ticket) !=
		    TSS2_RC_SUCCESS ||
	    creation_end != t->creation_size || ticket_end != t->ticket_size)
		return error_set(err, -ERROR_MALFORMED, "what the TPM noted is damaged");
	r = check_registers(p, t, pcrs, err);
	if (r >= 0)
		r = check_noted(t, &creation.creationData, err);
	return r < 0 ? r : check_ticket(tpm, object, t, &ticket, err);
}
