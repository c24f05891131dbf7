#include "formats/tpms_attest.h"

enum {
	TPM_GENERATED = 0xff544347,
	TPM_ST_ATTEST_QUOTE = 0x8018,
	TPM_ALGORITHM_RSA = 0x0001,
	TPM_ALGORITHM_NULL = 0x0010,
	TPM_ALGORITHM_RSASSA = 0x0014,
};

/* Registers that a selection can name. */
#define SELECT_MAX 4u

static uint64_t reader_be64(struct reader *r)
{
	uint64_t high = reader_be32(r);

	return high << 32 | reader_be32(r);
}

static struct span reader_sized(struct reader *r)
{
	return reader_bytes(r, reader_be16(r));
}

static int read_selections(struct reader *r, struct tpm_quote *q, struct error **err)
{
	uint32_t n = reader_be32(r);

	if (n > TPM_SELECTIONS_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "TPM quote: %u selections of registers, more than %u", n,
				 TPM_SELECTIONS_MAX);
	q->n_selections = n;
	for (size_t i = 0; i < n; i++) {
		q->selections[i].algorithm = reader_be16(r);

		struct span bits = reader_bytes(r, reader_u8(r));

		if (bits.n > SELECT_MAX)
			return error_set(err, -ERROR_MALFORMED,
					 "TPM quote: a selection of %zu bytes, more than %u",
					 bits.n, SELECT_MAX);
		for (size_t j = 0; j < bits.n; j++)
			q->selections[i].registers |= (uint32_t)bits.p[j] << 8 * j;
	}
	return 0;
}

int tpms_attest_parse(struct span bytes, struct tpm_quote *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	uint32_t magic = reader_be32(&r);
	unsigned type = reader_be16(&r);
	struct tpm_quote q = {0};
	int result;

	if (bytes.n > TPMS_ATTEST_MAX)
		return error_set(err, -ERROR_MALFORMED, "TPM quote: %zu bytes, more than %u",
				 bytes.n, TPMS_ATTEST_MAX);
	if (!reader_ok(&r) || magic != TPM_GENERATED || type != TPM_ST_ATTEST_QUOTE)
		return error_set(err, -ERROR_MALFORMED,
				 "TPM quote: begins with 0x%08x, 0x%04x; a quote of a TPM with "
				 "0xff544347, 0x8018",
				 magic, type);
	q.qualified_signer = reader_sized(&r);
	q.extra_data = reader_sized(&r);
	q.clock = reader_be64(&r);
	q.reset_count = reader_be32(&r);
	q.restart_count = reader_be32(&r);
	q.clock_is_safe = reader_u8(&r);
	q.firmware_version = reader_be64(&r);
	result = read_selections(&r, &q, err);
	if (result < 0)
		return result;
	q.pcr_digest = reader_sized(&r);
	if (!reader_ok(&r))
		return error_set(err, -ERROR_MALFORMED, "TPM quote: is cut off");
	if (r.rest.n)
		return error_set(err, -ERROR_MALFORMED, "TPM quote: %zu bytes after it", r.rest.n);
	*ret = q;
	return 0;
}

int tpmt_public_parse(struct span bytes, struct tpm_public *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	unsigned type = reader_be16(&r), name = reader_be16(&r);
	struct tpm_public p = {.attributes = reader_be32(&r)};
	unsigned symmetric, scheme, hash, bits;
	uint32_t exponent;
	struct span modulus;

	reader_sized(&r); /* policy */
	symmetric = reader_be16(&r);
	scheme = reader_be16(&r);
	hash = scheme == TPM_ALGORITHM_NULL ? 0 : reader_be16(&r);
	bits = reader_be16(&r);
	exponent = reader_be32(&r);
	modulus = reader_sized(&r);
	if (!reader_ok(&r) || r.rest.n)
		return error_set(err, -ERROR_MALFORMED, "attestation key: is no TPMT_PUBLIC");
	if (type != TPM_ALGORITHM_RSA || name != TPM_ALGORITHM_SHA256 ||
	    symmetric != TPM_ALGORITHM_NULL || scheme != TPM_ALGORITHM_RSASSA ||
	    hash != TPM_ALGORITHM_SHA256 || (bits != 2048 && bits != 3072) ||
	    modulus.n != bits / 8 || (exponent != 0 && exponent != 65537))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "attestation key: not an RSA key of 2048 or 3072 bits that signs "
				 "by RSASSA with SHA-256");
	memcpy(p.key.modulus, modulus.p, modulus.n);
	p.key.size = modulus.n;
	*ret = p;
	return 0;
}
