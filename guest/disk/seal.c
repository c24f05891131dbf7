#include <errno.h>
#include <tss2/tss2_mu.h>

#include "guest/disk/tpm.h"

/* What the TPM makes of a secret. */
struct sealed {
	TPM2B_PUBLIC *public;
	TPM2B_PRIVATE *private;
	TPM2B_CREATION_DATA *creation;
	TPMT_TK_CREATION *ticket;
};

static void sealed_release(struct sealed *s)
{
	Esys_Free(s->public);
	Esys_Free(s->private);
	Esys_Free(s->creation);
	Esys_Free(s->ticket);
}

/* All parts as the TPM writes them. */
static int keep_object(const struct sealed *s, struct luks2_tpm *t, struct error **err)
{
	t->public_size = t->private_size = t->creation_size = t->ticket_size = 0;
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(s->public, t->public, sizeof(t->public),
					 &t->public_size) != TSS2_RC_SUCCESS ||
	    Tss2_MU_TPM2B_PRIVATE_Marshal(s->private, t->private, sizeof(t->private),
					  &t->private_size) != TSS2_RC_SUCCESS ||
	    Tss2_MU_TPM2B_CREATION_DATA_Marshal(s->creation, t->creation, sizeof(t->creation),
						&t->creation_size) != TSS2_RC_SUCCESS ||
	    Tss2_MU_TPMT_TK_CREATION_Marshal(s->ticket, t->ticket, sizeof(t->ticket),
					     &t->ticket_size) != TSS2_RC_SUCCESS)
		return error_set(err, -EIO, "the TPM's sealed object is too large");
	return 0;
}

int tpm_seal(struct tpm *tpm, const struct policy *p, const struct tpm_pcrs *pcrs,
	     const struct secrets *s, struct luks2_tpm *t, struct error **err)
{
	struct digest policy =
		p->has_key ? tpm_disk_authorize_policy(&p->key_name, SPAN_LITERAL(TPM_POLICY_REF))
			   : tpm_disk_pcr_policy(pcrs);
	const TPM2B_PUBLIC template = {
		.publicArea =
			{
				.type = TPM2_ALG_KEYEDHASH,
				.nameAlg = TPM2_ALG_SHA256,
				.objectAttributes = TPM_SEALED_ATTRIBUTES,
				.authPolicy = tpm_digest(&policy),
				.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
			},
	};
	/* The TPM notes the registers: creation.c says what for. */
	const TPML_PCR_SELECTION noted = tpm_selection(TPM_PCRS_ALL);
	const TPM2B_DATA outside = {0};
	TPM2B_SENSITIVE_CREATE sensitive = {.sensitive.data.size = DISK_SECRET_SIZE};
	_cleanup_(sealed_release) struct sealed sealed = {0};
	TSS2_RC rc;

	memcpy(sensitive.sensitive.data.buffer, s->tpm, DISK_SECRET_SIZE);
	rc = Esys_Create(tpm->device.esys, tpm->srk, tpm->session, ESYS_TR_NONE, ESYS_TR_NONE,
			 &sensitive, &template, &outside, &noted, &sealed.private, &sealed.public,
			 &sealed.creation, NULL, &sealed.ticket);
	explicit_bzero(&sensitive, sizeof(sensitive));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "seal the disk's secret", err);
	t->version = LUKS2_TPM_TOKEN_VERSION;
	t->binding = p->has_key ? LUKS2_BINDING_AUTHORIZE : LUKS2_BINDING_PCR;
	t->pcrs = *pcrs;
	t->srk = tpm->srk_name;
	t->epoch = 0;
	t->signature_size = 0;
	if (p->has_key && p->has_signed) {
		t->epoch = p->signed_policy.epoch;
		t->signature_size = p->signed_policy.signature_size;
		memcpy(t->signature, p->signed_policy.signature, t->signature_size);
	}
	return keep_object(&sealed, t, err);
}
