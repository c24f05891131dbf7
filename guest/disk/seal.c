#include <errno.h>
#include <tss2/tss2_mu.h>

#include "guest/disk/tpm.h"

static TPM2B_DIGEST digest_2b(const struct digest *d)
{
	TPM2B_DIGEST b = {.size = TPM_DIGEST_SIZE};

	memcpy(b.buffer, d->bytes, TPM_DIGEST_SIZE);
	return b;
}

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

int seal(struct tpm *tpm, const struct policy *p, const struct tpm_pcrs *pcrs,
	 const struct secrets *s, struct luks2_tpm *t, struct error **err)
{
	struct digest policy =
		p->has_key ? tpm_disk_authorize_policy(&p->key_name) : tpm_disk_pcr_policy(pcrs);
	const TPM2B_PUBLIC template = {
		.publicArea =
			{
				.type = TPM2_ALG_KEYEDHASH,
				.nameAlg = TPM2_ALG_SHA256,
				/* Without userWithAuth nothing but the policy opens it. */
				.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
						    TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_NODA,
				.authPolicy = digest_2b(&policy),
				.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
			},
	};
	/* The TPM notes the registers: creation.c says what for. */
	const TPML_PCR_SELECTION noted = tpm_selection();
	const TPM2B_DATA outside = {0};
	TPM2B_SENSITIVE_CREATE sensitive = {.sensitive.data.size = DISK_SECRET_SIZE};
	_cleanup_(sealed_release) struct sealed sealed = {0};
	TSS2_RC rc;

	memcpy(sensitive.sensitive.data.buffer, s->tpm, DISK_SECRET_SIZE);
	rc = Esys_Create(tpm->esys, tpm->srk, tpm->session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
			 &template, &outside, &noted, &sealed.private, &sealed.public,
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

static int policy_pcr(struct tpm *tpm, ESYS_TR session, struct error **err)
{
	const TPML_PCR_SELECTION selection = tpm_selection();
	const TPM2B_DIGEST current = {0};
	TSS2_RC rc = Esys_PolicyPCR(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				    &current, &selection);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "compare its registers", err);
}

/* The TPM itself compares the epoch with its counter. */
static int policy_nv(struct tpm *tpm, ESYS_TR session, uint16_t epoch, struct error **err)
{
	TPM2B_OPERAND operand = {.size = TPM_COUNTER_SIZE};
	ESYS_TR index = ESYS_TR_NONE;
	TSS2_RC rc = Esys_TR_FromTPMPublic(tpm->esys, TPM_COUNTER_INDEX, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &index);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "find the counter of epochs", err);
	put_be64(operand.buffer, epoch);
	rc = Esys_PolicyNV(tpm->esys, index, index, session, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			   ESYS_TR_NONE, &operand, 0, TPM_EO_UNSIGNED_LESS_OR_EQUAL);
	Esys_TR_Close(tpm->esys, &index);
	if (tpm_base_code(rc) == TPM2_RC_POLICY)
		return error_set(err, -ERROR_REFUSED,
				 "the signed policy has the epoch %u, and the TPM has seen a later "
				 "one",
				 epoch);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "compare the epoch", err);
}

static int load_policy_key(struct tpm *tpm, const struct policy *p, ESYS_TR *ret,
			   struct error **err)
{
	TPM2B_PUBLIC public = {
		.publicArea =
			{
				.type = TPM2_ALG_RSA,
				.nameAlg = TPM2_ALG_SHA256,
				.objectAttributes = TPM_POLICY_KEY_ATTRIBUTES,
				.parameters.rsaDetail =
					{
						.symmetric.algorithm = TPM2_ALG_NULL,
						.scheme.scheme = TPM2_ALG_NULL,
						.keyBits = (TPMI_RSA_KEY_BITS)(8 * p->key.size),
					},
				.unique.rsa.size = (UINT16)p->key.size,
			},
	};
	TSS2_RC rc;

	memcpy(public.publicArea.unique.rsa.buffer, p->key.modulus, p->key.size);
	rc = Esys_LoadExternal(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &public,
			       ESYS_TR_RH_OWNER, ret);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "take the policy key", err);
}

/* The TPM's own word that the policy key signed this policy. */
static int verify(struct tpm *tpm, const struct policy *p, const struct digest *approved,
		  TPMT_TK_VERIFIED **ret, struct error **err)
{
	const struct signed_policy *s = &p->signed_policy;
	TPMT_SIGNATURE signature = {
		.sigAlg = TPM2_ALG_RSASSA,
		.signature.rsassa = {.hash = TPM2_ALG_SHA256,
				     .sig.size = (UINT16)s->signature_size},
	};
	uint8_t message[TPM_DISK_MESSAGE_SIZE];
	ESYS_TR key = ESYS_TR_NONE;
	struct digest d;
	TPM2B_DIGEST digest;
	TSS2_RC rc;
	int r = load_policy_key(tpm, p, &key, err);

	if (r < 0)
		return r;
	tpm_disk_message(approved, message);
	d = digest_bytes(DIGEST_SHA256, SPAN(message, sizeof(message)));
	digest = digest_2b(&d);
	memcpy(signature.signature.rsassa.sig.buffer, s->signature, s->signature_size);
	rc = Esys_VerifySignature(tpm->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &digest,
				  &signature, ret);
	tpm_flush(tpm, key);
	if (tpm_base_code(rc) == TPM2_RC_SIGNATURE)
		return error_set(err, -ERROR_REFUSED, "the signature of the policy is wrong");
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "verify the policy's signature", err);
}

static int policy_authorize(struct tpm *tpm, const struct policy *p, const struct tpm_pcrs *pcrs,
			    ESYS_TR session, struct error **err)
{
	TPM2B_NONCE ref = {.size = sizeof(TPM_POLICY_REF) - 1};
	TPM2B_NAME key_name = {.size = TPM_NAME_SIZE};
	_cleanup_esys_ TPMT_TK_VERIFIED *ticket = NULL;
	struct digest approved;
	TPM2B_DIGEST approved_2b;
	TSS2_RC rc;
	int r;

	if (!p->has_signed)
		return error_set(err, -ERROR_REFUSED, "%s", p->why_not);
	approved = tpm_disk_approved_policy(pcrs, p->signed_policy.epoch);
	approved_2b = digest_2b(&approved);
	r = verify(tpm, p, &approved, &ticket, err);
	if (r >= 0)
		r = policy_pcr(tpm, session, err);
	if (r >= 0)
		r = policy_nv(tpm, session, p->signed_policy.epoch, err);
	if (r < 0)
		return r;
	memcpy(ref.buffer, TPM_POLICY_REF, ref.size);
	memcpy(key_name.name, p->key_name.bytes, TPM_NAME_SIZE);
	rc = Esys_PolicyAuthorize(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &approved_2b, &ref, &key_name, ticket);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "accept the signed policy", err);
}

static int load_object(struct tpm *tpm, const struct luks2_tpm *t, ESYS_TR *ret, struct error **err)
{
	TPM2B_PUBLIC public = {0};
	TPM2B_PRIVATE private = {0};
	size_t public_end = 0, private_end = 0;
	TSS2_RC rc;

	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(t->public, t->public_size, &public_end, &public) !=
		    TSS2_RC_SUCCESS ||
	    Tss2_MU_TPM2B_PRIVATE_Unmarshal(t->private, t->private_size, &private_end, &private) !=
		    TSS2_RC_SUCCESS ||
	    public_end != t->public_size || private_end != t->private_size)
		return error_set(err, -ERROR_MALFORMED, "the sealed secret is damaged");
	rc = Esys_Load(tpm->esys, tpm->srk, tpm->session, ESYS_TR_NONE, ESYS_TR_NONE, &private,
		       &public, ret);
	if (tpm_base_code(rc) == TPM2_RC_INTEGRITY)
		return error_set(err, -ERROR_REFUSED, "the secret was sealed by another TPM");
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "take the sealed secret", err);
}

static int unseal_by(struct tpm *tpm, ESYS_TR object, ESYS_TR session,
		     uint8_t ret[DISK_SECRET_SIZE], struct error **err)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	/* The second session encrypts the answer. */
	TSS2_RC rc = Esys_Unseal(tpm->esys, object, session, tpm->session, ESYS_TR_NONE, &data);
	bool right;

	if (tpm_base_code(rc) == TPM2_RC_POLICY_FAIL)
		return error_set(err, -ERROR_REFUSED,
				 "the TPM's registers are not those that the secret is sealed to");
	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "unseal the secret", err);
	right = data->size == DISK_SECRET_SIZE;
	if (right)
		memcpy(ret, data->buffer, DISK_SECRET_SIZE);
	explicit_bzero(data, sizeof(*data));
	Esys_Free(data);
	return right ? 0 : error_set(err, -ERROR_MALFORMED, "the sealed secret has another size");
}

int unseal(struct tpm *tpm, const struct policy *p, const struct luks2_tpm *t,
	   const struct tpm_pcrs *pcrs, uint8_t ret[DISK_SECRET_SIZE], struct error **err)
{
	ESYS_TR object = ESYS_TR_NONE, session = ESYS_TR_NONE;
	int r;

	if (memcmp(t->srk.bytes, tpm->srk_name.bytes, TPM_NAME_SIZE) != 0)
		return error_set(err, -ERROR_REFUSED, "the secret was sealed by another TPM");
	if (t->version == LUKS2_TPM_TOKEN_VERSION_FEW)
		return error_set(
			err, -ERROR_REFUSED,
			"the secret is sealed to the registers 4, 9, 11 and 12 alone, "
			"which do not show what runs before the kernel: only recovery opens "
			"such a disk, and seals it anew");
	if (t->binding == LUKS2_BINDING_AUTHORIZE && !p->has_key)
		return error_set(err, -ERROR_REFUSED,
				 "the disk is bound to a policy key, and this image has none");
	if (t->binding == LUKS2_BINDING_PCR && p->has_key)
		return error_set(err, -ERROR_REFUSED,
				 "the disk is bound to no policy key, and this image has one");
	r = load_object(tpm, t, &object, err);
	if (r >= 0)
		r = tpm_start_policy(tpm, &session, err);
	if (r >= 0)
		r = t->binding == LUKS2_BINDING_AUTHORIZE
			    ? policy_authorize(tpm, p, pcrs, session, err)
			    : policy_pcr(tpm, session, err);
	if (r >= 0)
		r = unseal_by(tpm, object, session, ret, err);
	if (r >= 0)
		r = creation_check(tpm, object, p, t, pcrs, err);
	if (r < 0)
		explicit_bzero(ret, DISK_SECRET_SIZE);
	tpm_flush(tpm, session);
	tpm_flush(tpm, object);
	return r;
}
