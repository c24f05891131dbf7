#include <errno.h>
#include <tss2/tss2_mu.h>

#include "guest/disk/tpm.h"

static int policy_pcr(struct tpm *tpm, ESYS_TR session, struct error **err)
{
	const TPML_PCR_SELECTION selection = tpm_selection(TPM_PCRS_ALL);
	const TPM2B_DIGEST current = {0};
	TSS2_RC rc = Esys_PolicyPCR(tpm->device.esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
				    ESYS_TR_NONE, &current, &selection);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "compare its registers", err);
}

/* The TPM itself compares the epoch with its counter. */
static int policy_nv(struct tpm *tpm, ESYS_TR session, uint16_t epoch, struct error **err)
{
	TPM2B_OPERAND operand = {.size = TPM_COUNTER_SIZE};
	ESYS_TR index = ESYS_TR_NONE;
	TSS2_RC rc = Esys_TR_FromTPMPublic(tpm->device.esys, TPM_COUNTER_INDEX, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, &index);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failed(rc, "find the counter of epochs", err);
	put_be64(operand.buffer, epoch);
	rc = Esys_PolicyNV(tpm->device.esys, index, index, session, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			   ESYS_TR_NONE, &operand, 0, TPM_EO_UNSIGNED_LESS_OR_EQUAL);
	Esys_TR_Close(tpm->device.esys, &index);
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
	rc = Esys_LoadExternal(tpm->device.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
			       &public, ESYS_TR_RH_OWNER, ret);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "take the policy key", err);
}

/* The TPM's own word that the policy key signed this policy. */
static int verify(struct tpm *tpm, const struct policy *p, const struct signed_policy *s,
		  TPMT_TK_VERIFIED **ret, struct error **err)
{
	TPMT_SIGNATURE signature = {
		.sigAlg = TPM2_ALG_RSASSA,
		.signature.rsassa = {.hash = TPM2_ALG_SHA256,
				     .sig.size = (UINT16)s->signature_size},
	};
	uint8_t message[SIGNED_POLICY_MESSAGE_MAX];
	size_t n = signed_policy_message(s, message);
	ESYS_TR key = ESYS_TR_NONE;
	const struct digest d = digest_bytes(DIGEST_SHA256, SPAN(message, n));
	const TPM2B_DIGEST digest = tpm_digest(&d);
	TSS2_RC rc;
	int r = load_policy_key(tpm, p, &key, err);

	if (r < 0)
		return r;
	memcpy(signature.signature.rsassa.sig.buffer, s->signature, s->signature_size);
	rc = Esys_VerifySignature(tpm->device.esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &digest, &signature, ret);
	tpm_flush(tpm, key);
	if (tpm_base_code(rc) == TPM2_RC_SIGNATURE)
		return error_set(err, -ERROR_REFUSED, "the signature of the policy is wrong");
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "verify the policy's signature", err);
}

/* The session opens this one object. */
static int policy_name_hash(struct tpm *tpm, ESYS_TR session, const struct tpm_name *object,
			    struct error **err)
{
	const struct digest d = tpm_name_hash(object);
	const TPM2B_DIGEST names = tpm_digest(&d);
	TSS2_RC rc = Esys_PolicyNameHash(tpm->device.esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
					 ESYS_TR_NONE, &names);

	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "compare the sealed secret", err);
}

/* The signed policy that opens the disk of a token. */
static int find_signed(const struct policy *p, const struct luks2_tpm *t,
		       const struct tpm_pcrs *pcrs, const struct signed_policy **ret,
		       struct error **err)
{
	struct digest sealed_to =
		tpm_disk_authorize_policy(&p->key_name, SPAN_LITERAL(TPM_POLICY_REF_FEW));
	const struct signed_policy *s = &p->signed_policy;
	struct tpm_name object;
	int r = p->has_signed ? 0 : error_set(err, -ERROR_REFUSED, "%s", p->why_not);

	if (r >= 0 && t->version == LUKS2_TPM_TOKEN_VERSION_FEW) {
		r = tpm_sealed_name(SPAN(t->public, t->public_size), &sealed_to, &object, err);
		s = r < 0 ? NULL : signed_policy_find_old_disk(&p->host_policies, pcrs, &object);
		/* What is sealed anew must end the old signature. */
		if (r >= 0 && (!s || s->epoch >= p->signed_policy.epoch))
			r = error_set(err, -ERROR_REFUSED,
				      "the secret is sealed to the registers 4, 9, 11 and 12 "
				      "alone, which do not show what runs before the kernel: name "
				      "this disk with 'tdnode sign --old-disk' to have it opened "
				      "once and sealed anew");
	}
	if (r >= 0)
		*ret = s;
	return r;
}

static int policy_authorize(struct tpm *tpm, const struct policy *p, const struct luks2_tpm *t,
			    const struct tpm_pcrs *pcrs, ESYS_TR session, struct error **err)
{
	const struct signed_policy *s = NULL;
	TPM2B_NONCE ref = {0};
	TPM2B_NAME key_name = {.size = TPM_NAME_SIZE};
	_cleanup_esys_ TPMT_TK_VERIFIED *ticket = NULL;
	struct digest approved;
	TPM2B_DIGEST approved_2b;
	TSS2_RC rc;
	int r = find_signed(p, t, pcrs, &s, err);

	if (r >= 0)
		r = verify(tpm, p, s, &ticket, err);
	if (r >= 0)
		r = policy_pcr(tpm, session, err);
	if (r >= 0)
		r = policy_nv(tpm, session, s->epoch, err);
	if (r >= 0 && s->kind == SIGNED_POLICY_OLD_DISK)
		r = policy_name_hash(tpm, session, &s->object, err);
	if (r < 0)
		return r;
	approved = signed_policy_approved(s);
	approved_2b = tpm_digest(&approved);
	ref.size = (UINT16)signed_policy_ref(s->kind).n;
	memcpy(ref.buffer, signed_policy_ref(s->kind).p, ref.size);
	memcpy(key_name.name, p->key_name.bytes, TPM_NAME_SIZE);
	rc = Esys_PolicyAuthorize(tpm->device.esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
				  ESYS_TR_NONE, &approved_2b, &ref, &key_name, ticket);
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
	rc = Esys_Load(tpm->device.esys, tpm->srk, tpm->session, ESYS_TR_NONE, ESYS_TR_NONE,
		       &private, &public, ret);
	if (tpm_base_code(rc) == TPM2_RC_INTEGRITY)
		return error_set(err, -ERROR_REFUSED, "the secret was sealed by another TPM");
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_failed(rc, "take the sealed secret", err);
}

static int unseal_by(struct tpm *tpm, ESYS_TR object, ESYS_TR session,
		     uint8_t ret[DISK_SECRET_SIZE], struct error **err)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	/* The second session encrypts the answer. */
	TSS2_RC rc =
		Esys_Unseal(tpm->device.esys, object, session, tpm->session, ESYS_TR_NONE, &data);
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

int tpm_unseal(struct tpm *tpm, const struct policy *p, const struct luks2_tpm *t,
	       const struct tpm_pcrs *pcrs, uint8_t ret[DISK_SECRET_SIZE], struct error **err)
{
	ESYS_TR object = ESYS_TR_NONE, session = ESYS_TR_NONE;
	int r;

	if (memcmp(t->srk.bytes, tpm->srk_name.bytes, TPM_NAME_SIZE) != 0)
		return error_set(err, -ERROR_REFUSED, "the secret was sealed by another TPM");
	if (t->version == LUKS2_TPM_TOKEN_VERSION_FEW && t->binding == LUKS2_BINDING_PCR)
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
			    ? policy_authorize(tpm, p, t, pcrs, session, err)
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
