#include "formats/tpm_policy.h"

/* TPM_CC */
#define TPM_CC_ID_POLICY_NV 0x0149u
#define TPM_CC_ID_POLICY_AUTHORIZE 0x016au
#define TPM_CC_ID_POLICY_NAME_HASH 0x0170u
#define TPM_CC_ID_POLICY_PCR 0x017fu

#define PCR_SELECT_SIZE 3u
/* A TPMT_PUBLIC of an RSA key without its modulus has 24 bytes. */
#define PUBLIC_MAX (64u + RSA_SIZE_MAX)

/* TCG PC Client Platform TPM Profile 1.05, 4.6.3: registers that software starts from zeros. */
#define PCR_EMPTY_IN_GOOD_BOOTS 12u

size_t tpm_policy_index(unsigned pcr)
{
	size_t i = 0;

	while (i < TPM_POLICY_PCRS && tpm_policy_pcrs[i] != pcr)
		i++;
	return i;
}

int tpm_pcrs_unmeasured(const struct tpm_pcrs *pcrs)
{
	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		if (tpm_policy_pcrs[i] != PCR_EMPTY_IN_GOOD_BOOTS &&
		    span_is_zero(SPAN(pcrs->values[i], TPM_DIGEST_SIZE)))
			return (int)tpm_policy_pcrs[i];
	}
	return -1;
}

struct digest tpm_policy_new(void)
{
	return (struct digest){.algorithm = DIGEST_SHA256};
}

/* One step of a policy: the digest of policy, command code and what the command adds. */
static void extend(struct digest *policy, uint32_t command, struct span first, struct span second)
{
	uint8_t bytes[TPM_DIGEST_SIZE + 4 + 2 * 64];
	size_t n = TPM_DIGEST_SIZE;

	if (first.n > 64 || second.n > 64)
		abort();
	memcpy(bytes, policy->bytes, TPM_DIGEST_SIZE);
	put_be32(bytes + n, command);
	n += 4;
	memcpy(bytes + n, first.p, first.n);
	n += first.n;
	if (second.n)
		memcpy(bytes + n, second.p, second.n);
	n += second.n;
	*policy = digest_bytes(DIGEST_SHA256, SPAN(bytes, n));
}

struct digest tpm_pcrs_digest(const struct tpm_pcrs *pcrs, uint32_t registers)
{
	uint8_t values[TPM_POLICY_PCRS * TPM_DIGEST_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		if (!(registers & 1u << tpm_policy_pcrs[i]))
			continue;
		memcpy(values + n, pcrs->values[i], TPM_DIGEST_SIZE);
		n += TPM_DIGEST_SIZE;
	}
	return digest_bytes(DIGEST_SHA256, SPAN(values, n));
}

void tpm_policy_pcr(struct digest *policy, const struct tpm_pcrs *pcrs, uint32_t registers)
{
	/* TPML_PCR_SELECTION: one TPMS_PCR_SELECTION, a bit for each register. */
	uint8_t selection[4 + 2 + 1 + PCR_SELECT_SIZE] = {0};
	struct digest values = tpm_pcrs_digest(pcrs, registers);

	put_be32(selection, 1);
	put_be16(selection + 4, TPM_ALG_ID_SHA256);
	selection[6] = PCR_SELECT_SIZE;
	for (size_t i = 0; i < PCR_SELECT_SIZE; i++)
		selection[7 + i] = (uint8_t)(registers >> 8 * i);
	extend(policy, TPM_CC_ID_POLICY_PCR, SPAN(selection, sizeof selection),
	       digest_span(&values));
}

void tpm_policy_nv(struct digest *policy, const struct tpm_name *index, struct span operand,
		   uint16_t offset, uint16_t operation)
{
	uint8_t arguments[64 + 4];
	struct digest d;

	if (operand.n > 64)
		abort();
	memcpy(arguments, operand.p, operand.n);
	put_be16(arguments + operand.n, offset);
	put_be16(arguments + operand.n + 2, operation);
	d = digest_bytes(DIGEST_SHA256, SPAN(arguments, operand.n + 4));
	extend(policy, TPM_CC_ID_POLICY_NV, digest_span(&d), SPAN(index->bytes, TPM_NAME_SIZE));
}

void tpm_policy_authorize(struct digest *policy, const struct tpm_name *key, struct span policy_ref)
{
	uint8_t bytes[TPM_DIGEST_SIZE + 64];

	if (policy_ref.n > 64)
		abort();
	/* What was approved is forgotten: only who may approve counts. */
	*policy = tpm_policy_new();
	extend(policy, TPM_CC_ID_POLICY_AUTHORIZE, SPAN(key->bytes, TPM_NAME_SIZE), SPAN(NULL, 0));
	memcpy(bytes, policy->bytes, TPM_DIGEST_SIZE);
	memcpy(bytes + TPM_DIGEST_SIZE, policy_ref.p, policy_ref.n);
	*policy = digest_bytes(DIGEST_SHA256, SPAN(bytes, TPM_DIGEST_SIZE + policy_ref.n));
}

struct digest tpm_name_hash(const struct tpm_name *object)
{
	return digest_bytes(DIGEST_SHA256, SPAN(object->bytes, TPM_NAME_SIZE));
}

void tpm_policy_name_hash(struct digest *policy, const struct tpm_name *object)
{
	struct digest d = tpm_name_hash(object);

	extend(policy, TPM_CC_ID_POLICY_NAME_HASH, digest_span(&d), SPAN(NULL, 0));
}

static void put_be16_to(struct buffer *b, uint16_t v)
{
	buffer_put_u8(b, (uint8_t)(v >> 8));
	buffer_put_u8(b, (uint8_t)v);
}

void tpm_policy_key_public(const struct rsa_public *key, struct buffer *ret)
{
	put_be16_to(ret, TPM_ALG_ID_RSA);
	put_be16_to(ret, TPM_ALG_ID_SHA256);
	buffer_put_be32(ret, TPM_POLICY_KEY_ATTRIBUTES);
	put_be16_to(ret, 0);		   /* authPolicy */
	put_be16_to(ret, TPM_ALG_ID_NULL); /* symmetric */
	put_be16_to(ret, TPM_ALG_ID_NULL); /* scheme */
	put_be16_to(ret, (uint16_t)(8 * key->size));
	buffer_put_be32(ret, 0); /* exponent: 65537 */
	put_be16_to(ret, (uint16_t)key->size);
	buffer_put(ret, rsa_modulus(key));
}

static struct tpm_name name_of(struct span public)
{
	struct digest d = digest_bytes(DIGEST_SHA256, public);
	struct tpm_name name;

	put_be16(name.bytes, TPM_ALG_ID_SHA256);
	memcpy(name.bytes + 2, d.bytes, TPM_DIGEST_SIZE);
	return name;
}

int tpm_policy_key_name(const struct rsa_public *key, struct tpm_name *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer public = BUFFER_INIT(PUBLIC_MAX);

	tpm_policy_key_public(key, &public);
	if (!buffer_ok(&public))
		return error_oom(err);
	*ret = name_of(buffer_span(&public));
	return 0;
}

struct tpm_name tpm_counter_name(void)
{
	/* TPMS_NV_PUBLIC */
	uint8_t public[4 + 2 + 4 + 2 + 2] = {0};

	put_be32(public, TPM_COUNTER_INDEX);
	put_be16(public + 4, TPM_ALG_ID_SHA256);
	put_be32(public + 6, TPM_COUNTER_ATTRIBUTES | TPM_NV_WRITTEN);
	put_be16(public + 12, TPM_COUNTER_SIZE); /* after an authPolicy of no bytes */
	return name_of(SPAN(public, sizeof public));
}

int tpm_sealed_name(struct span public, const struct digest *policy, struct tpm_name *ret,
		    struct error **err)
{
	/* Up to the unique digest. */
	uint8_t start[TPM_SEALED_PUBLIC_SIZE - TPM_DIGEST_SIZE];

	put_be16(start, TPM_SEALED_PUBLIC_SIZE - 2);
	put_be16(start + 2, TPM_ALG_ID_KEYEDHASH);
	put_be16(start + 4, TPM_ALG_ID_SHA256);
	put_be32(start + 6, TPM_SEALED_ATTRIBUTES);
	put_be16(start + 10, TPM_DIGEST_SIZE);
	memcpy(start + 12, policy->bytes, TPM_DIGEST_SIZE);
	put_be16(start + 12 + TPM_DIGEST_SIZE, TPM_ALG_ID_NULL);
	put_be16(start + 14 + TPM_DIGEST_SIZE, TPM_DIGEST_SIZE);
	if (public.n != TPM_SEALED_PUBLIC_SIZE || memcmp(public.p, start, sizeof start) != 0)
		return error_set(err, -ERROR_MALFORMED,
				 "the sealed secret is not one under this policy");
	*ret = name_of(span_skip(public, 2));
	return 0;
}

struct digest tpm_disk_approved_policy(const struct tpm_pcrs *pcrs, uint32_t registers,
				       uint16_t epoch, const struct tpm_name *object)
{
	struct digest policy = tpm_policy_new();
	struct tpm_name counter = tpm_counter_name();
	uint8_t operand[TPM_COUNTER_SIZE];

	put_be64(operand, epoch);
	tpm_policy_pcr(&policy, pcrs, registers);
	tpm_policy_nv(&policy, &counter, SPAN(operand, sizeof operand), 0,
		      TPM_EO_UNSIGNED_LESS_OR_EQUAL);
	if (object)
		tpm_policy_name_hash(&policy, object);
	return policy;
}

struct digest tpm_disk_authorize_policy(const struct tpm_name *key, struct span policy_ref)
{
	struct digest policy = tpm_policy_new();

	tpm_policy_authorize(&policy, key, policy_ref);
	return policy;
}

struct digest tpm_disk_pcr_policy(const struct tpm_pcrs *pcrs)
{
	struct digest policy = tpm_policy_new();

	tpm_policy_pcr(&policy, pcrs, TPM_PCRS_ALL);
	return policy;
}
