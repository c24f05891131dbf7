#include "attest/azure_verify.h"

#define ALL_REGISTERS 0xffffffu

static int check_binding(const struct td_report *td, struct span claims, struct verdict *v)
{
	struct digest d = digest_bytes(DIGEST_SHA256, claims);
	char seen[2 * sizeof td->report_data + 1], wanted[DIGEST_HEX_MAX];

	hex_encode(SPAN(td->report_data, sizeof td->report_data), seen);
	digest_hex(&d, wanted);
	if (memcmp(td->report_data, d.bytes, digest_size(DIGEST_SHA256)) != 0 ||
	    !span_is_zero(SPAN(td->report_data + 32, 32)))
		return verdict_refuse(v, VERDICT_GENUINE, "hcl_binding", seen, wanted,
				      "the TD's report data is not the digest of the paravisor's "
				      "claims, followed by zeros");
	verdict_good(v, VERDICT_GENUINE, "hcl_binding",
		     "the TD vouches for the paravisor's claims");
	return 0;
}

/* That the certificate, if there is one, is of the key that the paravisor names. */
static int check_key(const struct evidence *e, const struct attest_roots *roots,
		     const struct hcl_claims *claims, struct verdict *v, bool *ret,
		     struct error **err)
{
	struct rsa_public key;
	int r;

	*ret = true;
	if (!e->ak_certificate.n) {
		verdict_open(v, VERDICT_GENUINE, "ak_certificate",
			     "no certificate of the attestation key: the paravisor alone vouches "
			     "for it");
		return 0;
	}
	*ret = false;
	r = tpm_verify_certificate(e, &roots->azure, &roots->azure_issuers, v, &key, err);
	if (r < 0 || !key.size)
		return r;
	if (!span_equal(rsa_modulus(&key), rsa_modulus(&claims->attestation_key))) {
		verdict_refuse(v, VERDICT_GENUINE, "ak_key", NULL, NULL,
			       "the certificate is not of the attestation key that the paravisor "
			       "names");
		return 0;
	}
	verdict_good(v, VERDICT_GENUINE, "ak_key", "it is the key that the paravisor names");
	*ret = true;
	return 0;
}

int azure_verify(const struct evidence *e, const struct verified_quote *q,
		 const struct attest_roots *roots, bool sha384, struct verdict *v,
		 struct azure_facts *ret_facts, struct verified_tpm **ret, struct error **err)
{
	const struct td_report *td = &verified_quote_facts(q)->quote.td;
	struct hcl_report report;
	bool good;
	int r = hcl_report_parse(buffer_span(&e->hcl_report), &report, err);

	*ret = NULL;
	if (r < 0)
		return r;
	if (check_binding(td, report.claims, v) < 0)
		return 0;
	r = hcl_claims_parse(report.claims, &ret_facts->claims, err);
	if (r >= 0)
		r = check_key(e, roots, &ret_facts->claims, v, &good, err);
	if (r >= 0 && good && e->tpm_public.n)
		r = tpm_verify_public(e, &ret_facts->claims.attestation_key, v, &good, err);
	if (r < 0 || !good)
		return r;
	return tpm_verify(e, &ret_facts->claims.attestation_key,
			  &(struct tpm_wanted){.registers = ALL_REGISTERS, .sha384 = sha384}, v,
			  ret, err);
}
