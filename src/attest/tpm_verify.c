#include "attest/tpm_verify.h"

struct verified_tpm {
	struct tpm_facts facts;
};

void verified_tpm_free(struct verified_tpm *t)
{
	free(t);
}

const struct tpm_facts *verified_tpm_facts(const struct verified_tpm *t)
{
	return &t->facts;
}

/* Writes down a refusal as one; hands on what is another error. */
static int settle(int r, const char *name, struct verdict *v, struct error **why,
		  struct error **err)
{
	if (r == -ERROR_REFUSED) {
		verdict_refuse(v, VERDICT_GENUINE, name, NULL, NULL, "%s", error_message(*why));
		return 0;
	}
	error_move(err, r, why);
	return error_wrap(err, r, "%s", name);
}

static int check_bank(const struct tpm_quote *q, bool sha384, struct tpm_facts *f,
		      struct error **err)
{
	uint16_t algorithm = q->selections[0].algorithm;

	f->bank = algorithm == TPM_ALGORITHM_SHA384 ? DIGEST_SHA384 : DIGEST_SHA256;
	if (algorithm == TPM_ALGORITHM_SHA256 || (sha384 && algorithm == TPM_ALGORITHM_SHA384))
		return 0;
	if (sha384)
		return error_set(err, -ERROR_REFUSED,
				 "the quote is about bank 0x%04x, not 0x000b (SHA-256) or 0x000c "
				 "(SHA-384)",
				 algorithm);
	return error_set(err, -ERROR_REFUSED,
			 "the quote is about bank 0x%04x, not 0x000b (SHA-256)%s", algorithm,
			 algorithm == TPM_ALGORITHM_SHA384
				 ? ": the policy has no values of another one"
				 : "");
}

static int check_selection(const struct tpm_quote *q, const struct tpm_wanted *wanted,
			   struct tpm_facts *f, struct error **err)
{
	int r;

	if (q->n_selections != 1)
		return error_set(
			err, -ERROR_REFUSED,
			"the quote has %zu selections of registers, not 1: the digest does "
			"not say which values are whose",
			q->n_selections);
	r = check_bank(q, wanted->sha384, f, err);
	if (r < 0)
		return r;
	f->registers = q->selections[0].registers;
	if (f->registers >> EVIDENCE_PCRS)
		return error_set(err, -ERROR_REFUSED,
				 "the quote is about registers 0x%08x, which are more than there "
				 "are",
				 f->registers);
	if (wanted->registers && f->registers != wanted->registers)
		return error_set(err, -ERROR_REFUSED,
				 "the quote is about registers 0x%06x, not 0x%06x", f->registers,
				 wanted->registers);
	return 0;
}

/* The digest over the values is by the algorithm of the signature (SHA-256), whatever the bank. */
static int check_values(const struct evidence *e, const struct tpm_quote *q, struct tpm_facts *f,
			struct error **err)
{
	struct digest_stream *s = digest_stream_new(DIGEST_SHA256);
	const size_t size = digest_size(f->bank);
	struct digest d;
	size_t n = 0;

	if (!s)
		return error_oom(err);
	for (unsigned i = 0; i < EVIDENCE_PCRS; i++) {
		if (!(f->registers & 1u << i))
			continue;
		if (n < e->n_pcrs && e->pcr_size == size) {
			f->pcrs[i].algorithm = f->bank;
			memcpy(f->pcrs[i].bytes, e->pcrs[n], size);
			digest_stream_add(s, digest_span(&f->pcrs[i]));
		}
		n++;
	}
	d = digest_stream_end(s);
	digest_stream_free(s);
	if (n != e->n_pcrs || e->pcr_size != size)
		return error_set(err, -ERROR_REFUSED,
				 "the evidence has %zu values of %zu bytes, the quote is about %zu "
				 "of %zu",
				 e->n_pcrs, e->pcr_size, n, size);
	if (!span_equal(q->pcr_digest, digest_span(&d)))
		return error_set(err, -ERROR_REFUSED,
				 "the values of the registers are not those that the TPM signed");
	return 0;
}

static int check_quote(const struct evidence *e, const struct tpm_quote *q,
		       const struct tpm_wanted *wanted, struct tpm_facts *f, const char **ret_name,
		       struct error **err)
{
	int r = check_selection(q, wanted, f, err);

	*ret_name = "tpm_selection";
	if (r < 0)
		return r;
	*ret_name = "tpm_pcrs";
	r = check_values(e, q, f, err);
	if (r < 0)
		return r;
	if (q->extra_data.n > TPM_EXTRA_DATA_MAX)
		return error_set(err, -ERROR_REFUSED, "the quote's data has %zu bytes",
				 q->extra_data.n);
	if (q->extra_data.n)
		memcpy(f->extra_data, q->extra_data.p, q->extra_data.n);
	f->extra_data_size = q->extra_data.n;
	f->clock = q->clock;
	f->reset_count = q->reset_count;
	f->restart_count = q->restart_count;
	return 0;
}

int tpm_verify(const struct evidence *e, const struct rsa_public *key,
	       const struct tpm_wanted *wanted, struct verdict *v, struct verified_tpm **ret,
	       struct error **err)
{
	_cleanup_(verified_tpm_freep) struct verified_tpm *t = calloc(1, sizeof *t);
	_cleanup_error_ struct error *why = NULL;
	const char *name = "tpm_signature";
	struct tpm_quote q;
	int r;

	*ret = NULL;
	if (!t)
		return error_oom(err);
	r = rsa_verify(key, buffer_span(&e->tpm_message), buffer_span(&e->tpm_signature), &why);
	if (r < 0)
		return settle(r, name, v, &why, err);
	r = tpms_attest_parse(buffer_span(&e->tpm_message), &q, err);
	if (r < 0)
		return r;
	verdict_good(v, VERDICT_GENUINE, name, "the TPM's quote is signed by its attestation key");
	t->facts.key = rsa_public_digest(key);
	r = check_quote(e, &q, wanted, &t->facts, &name, &why);
	if (r < 0)
		return settle(r, name, v, &why, err);
	verdict_good(v, VERDICT_GENUINE, "tpm_selection", "one selection, %s, registers 0x%06x",
		     t->facts.bank == DIGEST_SHA384 ? "SHA-384" : "SHA-256", t->facts.registers);
	verdict_good(v, VERDICT_GENUINE, "tpm_pcrs", "the values are those that the TPM signed");
	*ret = TAKE_PTR(t);
	return 0;
}

static int check_certificate(const struct evidence *e, const struct certificates *roots,
			     const struct certificates *issuers, struct verdict *v,
			     struct certificates *leaf, struct certificates *others,
			     struct error **err)
{
	struct certificates all = {0};
	int64_t until = 0;
	int r = certificates_parse(buffer_span(&e->ak_certificate), true, NULL, leaf, err);

	if (r >= 0 && leaf->n != 1)
		r = error_set(err, -ERROR_MALFORMED, "%zu certificates, not one", leaf->n);
	if (r >= 0 && e->ak_issuers.n)
		r = certificates_parse(buffer_span(&e->ak_issuers), false, NULL, others, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < others->n && all.n < CERTIFICATES_MAX; i++)
		all.items[all.n++] = others->items[i];
	for (size_t i = 0; i < issuers->n && all.n < CERTIFICATES_MAX; i++)
		all.items[all.n++] = issuers->items[i];
	r = verdict_check_dates(v, "the certificate of the attestation key",
				certificate_not_before(leaf->items[0]),
				certificate_not_after(leaf->items[0]), err);
	if (r >= 0)
		r = certificate_check_path(leaf->items[0], &all, roots, v->at, &until, err);
	return r < 0 ? r : verdict_check_dates(v, "its chain", 0, until, err);
}

int tpm_verify_certificate(const struct evidence *e, const struct certificates *roots,
			   const struct certificates *issuers, struct verdict *v,
			   struct rsa_public *ret, struct error **err)
{
	_cleanup_(certificates_release) struct certificates leaf = {0}, others = {0};
	_cleanup_error_ struct error *why = NULL;
	int r = check_certificate(e, roots, issuers, v, &leaf, &others, &why);

	*ret = (struct rsa_public){0};
	if (r < 0)
		return settle(r, "ak_certificate", v, &why, err);
	if (!certificate_rsa(leaf.items[0], ret))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "ak_certificate: its key is no RSA key of 2048 or 3072 bits with "
				 "the exponent 65537");
	verdict_good(v, VERDICT_GENUINE, "ak_certificate",
		     "the attestation key's certificate '%s' leads to a root that is trusted",
		     certificate_name(leaf.items[0]));
	verdict_open(v, VERDICT_GENUINE, "ak_revocation",
		     "whether that certificate was revoked is not asked");
	return 0;
}

/* Keys that sign what they are given could sign a forged quote. */
static int check_attributes(const struct evidence *e, const struct rsa_public *certified,
			    struct error **err)
{
	const uint32_t wanted = TPM_OBJECT_FIXED_TPM | TPM_OBJECT_FIXED_PARENT |
				TPM_OBJECT_SENSITIVE_ORIGIN | TPM_OBJECT_RESTRICTED |
				TPM_OBJECT_SIGN;
	struct tpm_public p;
	int r = tpmt_public_parse(buffer_span(&e->tpm_public), &p, err);

	if (r < 0)
		return r;
	if ((p.attributes & wanted) != wanted || p.attributes & TPM_OBJECT_DECRYPT)
		return error_set(err, -ERROR_REFUSED,
				 "the attestation key has attributes 0x%x: not a key that stays in "
				 "its TPM and signs nothing but what the TPM says",
				 p.attributes);
	if (!span_equal(rsa_modulus(&p.key), rsa_modulus(certified)))
		return error_set(err, -ERROR_REFUSED,
				 "the attestation key is not the one that is vouched for");
	return 0;
}

int tpm_verify_public(const struct evidence *e, const struct rsa_public *key, struct verdict *v,
		      bool *ret, struct error **err)
{
	_cleanup_error_ struct error *why = NULL;
	int r = check_attributes(e, key, &why);

	*ret = r >= 0;
	if (r < 0)
		return settle(r, "ak_attributes", v, &why, err);
	verdict_good(v, VERDICT_GENUINE, "ak_attributes",
		     "the attestation key says of itself that it stays in its TPM and signs "
		     "nothing else; whoever vouches for the key vouches for that");
	return 0;
}

int tpm_verify_alone(const struct evidence *e, const struct attest_roots *roots, bool sha384,
		     struct verdict *v, struct verified_tpm **ret, struct error **err)
{
	const struct certificates none = {0};
	struct rsa_public key;
	bool good;
	int r;

	*ret = NULL;
	if (roots->tpm.n == 0)
		return error_set(err, -ERROR_MALFORMED,
				 "no roots of TPMs: name those that vouch for this one as "
				 "'tpm_roots' in a policy");
	if (!e->ak_certificate.n || !e->tpm_public.n)
		return error_set(err, -ERROR_MALFORMED,
				 "the evidence has no certificate of the attestation key, or no "
				 "'ak_public'");
	r = tpm_verify_certificate(e, &roots->tpm, &none, v, &key, err);
	if (r < 0 || !key.size)
		return r;
	r = tpm_verify_public(e, &key, v, &good, err);
	if (r < 0 || !good)
		return r;
	return tpm_verify(e, &key, &(struct tpm_wanted){.sha384 = sha384}, v, ret, err);
}
