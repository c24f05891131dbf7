#include "attest/quote_verify.h"

#include "formats/json_read.h"

struct verified_quote {
	struct quote_facts facts;
};

/* What the checks hand on to each other. */
struct work {
	const struct quote *quote;
	const struct kept_collateral *kept;
	const struct attest_roots *roots;
	struct verdict *v;
	struct verified_quote *result;
	struct buffer said; /* by a check that found all good */

	struct certificates pck; /* leaf, certificate authority, root */
};

static void work_release(struct work *w)
{
	certificates_release(&w->pck);
	buffer_release(&w->said);
	verified_quote_free(w->result);
}

void verified_quote_free(struct verified_quote *q)
{
	free(q);
}

const struct quote_facts *verified_quote_facts(const struct verified_quote *q)
{
	return &q->facts;
}

static int check_certificate_dates(struct work *w, const struct certificate *c, struct error **err)
{
	_cleanup_free_ char *what = string_printf("certificate '%s'", certificate_name(c));

	return what ? verdict_check_dates(w->v, what, certificate_not_before(c),
					  certificate_not_after(c), err)
		    : error_oom(err);
}

/* Whether this certificate and its issuer stand in the chain that was checked before. */
static bool is_checked(const struct work *w, const struct certificates *chain, size_t i)
{
	const struct certificates *before = &w->kept->tcb_info_document.chain;

	return chain != before && before->n == 2 && i == 0 && chain->n == 2 &&
	       certificate_equal(chain->items[0], before->items[0]) &&
	       certificate_equal(chain->items[1], before->items[1]);
}

/* That each is signed by the next, that the last is a root, and that all are valid. `chain` is sorted. */
static int check_chain(struct work *w, const struct certificates *chain, size_t n,
		       struct error **err)
{
	char fingerprint[DIGEST_HEX_MAX];
	bool trusted = false;

	if (chain->n != n)
		return error_set(err, -ERROR_REFUSED, "the chain has %zu certificates, not %zu",
				 chain->n, n);

	const struct certificate *root = chain->items[n - 1];
	struct digest d = certificate_fingerprint(root);

	for (size_t i = 0; i < w->roots->intel.n; i++)
		trusted |= certificate_equal(root, w->roots->intel.items[i]);
	digest_hex(&d, fingerprint);
	if (!trusted)
		return error_set(err, -ERROR_REFUSED,
				 "the chain ends in '%s' with SHA-256 %s, which is no root that is "
				 "trusted",
				 certificate_name(root), fingerprint);
	for (size_t i = 0; i < n; i++) {
		/* The root is one that is trusted, whatever it says of itself. */
		int r = i + 1 < n && !is_checked(w, chain, i)
				? certificate_check_issued(chain->items[i], chain->items[i + 1],
							   err)
				: 0;

		if (r >= 0)
			r = check_certificate_dates(w, chain->items[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_name(const struct certificate *c, const char *part, struct error **err)
{
	if (certificate_name_has(c, part))
		return 0;
	return error_set(err, -ERROR_REFUSED, "certificate '%s' where one of '%s' belongs",
			 certificate_name(c), part);
}

/* The quote's own chain; one of the collateral for a quote that brings none. */
static struct span pck_chain_text(const struct work *w)
{
	struct span own = w->quote->certification;

	if (w->quote->certification_type == QUOTE_CERTIFICATION_PCK_CHAIN && own.n &&
	    own.p[0] == '-')
		return own;
	return collateral_span(w->kept->from, COLLATERAL_PCK_CHAIN);
}

static int check_pck_chain(struct work *w, struct error **err)
{
	struct pck_extension *pck = &w->result->facts.pck;
	struct span text = pck_chain_text(w), extension;
	int r;

	if (!text.n)
		return error_set(err, -ERROR_MALFORMED,
				 "the quote brings no chain of its PCK certificate, and the "
				 "collateral has none");
	r = certificates_parse(text, false, &w->kept->known, &w->pck, err);
	certificates_sort(&w->pck);
	if (r >= 0)
		r = check_chain(w, &w->pck, 3, err);
	if (r >= 0)
		r = check_name(w->pck.items[0], "SGX PCK Certificate", err);
	if (r >= 0)
		r = check_name(w->pck.items[1], "SGX PCK", err);
	if (r >= 0)
		r = check_name(w->pck.items[2], "SGX Root CA", err);
	if (r < 0)
		return r;
	if (!certificate_extension(w->pck.items[0], PCK_EXTENSION_OID, &extension))
		return error_set(err, -ERROR_MALFORMED, "'%s' has no SGX extension",
				 certificate_name(w->pck.items[0]));
	r = pck_extension_parse(extension, pck, err);
	buffer_printf(&w->said, "PCK certificate by '%s' under '%s'%s",
		      certificate_name(w->pck.items[1]), certificate_name(w->pck.items[2]),
		      w->roots->intel_is_foreign ? ", a root of the policy and not of Intel" : "");
	return r;
}

static int check_crl(struct work *w, enum collateral_part part, const struct kept_crl *crl,
		     const struct certificate *issuer, struct error **err)
{
	char until[TIME_TEXT_SIZE];
	int r = kept_result(&crl->parsed, err);

	if (r >= 0)
		r = crl_check_issued(crl->list, issuer, err);
	if (r >= 0)
		r = verdict_check_dates(w->v, collateral_name(part), crl_this_update(crl->list),
					crl_next_update(crl->list), err);
	if (r < 0)
		return r;
	time_format(crl_next_update(crl->list), until);
	buffer_printf(&w->said, "of '%s', until %s", certificate_name(issuer), until);
	return 0;
}

static int check_root_crl(struct work *w, struct error **err)
{
	return check_crl(w, COLLATERAL_ROOT_CRL, &w->kept->root_crl, w->pck.items[2], err);
}

static int check_pck_crl(struct work *w, struct error **err)
{
	return check_crl(w, COLLATERAL_PCK_CRL, &w->kept->pck_crl, w->pck.items[1], err);
}

static int check_revocation(struct work *w, struct error **err)
{
	if (crl_has(w->kept->root_crl.list, w->pck.items[1]))
		return error_set(err, -ERROR_REFUSED, "certificate '%s' is revoked",
				 certificate_name(w->pck.items[1]));
	if (crl_has(w->kept->pck_crl.list, w->pck.items[0]))
		return error_set(err, -ERROR_REFUSED, "certificate '%s' is revoked",
				 certificate_name(w->pck.items[0]));
	buffer_printf(&w->said, "neither the PCK certificate nor its issuer is revoked");
	return 0;
}

/* The chain of a document's signer, and that he signed it. */
static int check_document(struct work *w, const struct kept_document *d, struct error **err)
{
	int r = kept_result(&d->chain_parsed, err);

	if (r >= 0)
		r = check_chain(w, &d->chain, 2, err);
	if (r >= 0)
		r = check_name(d->chain.items[0], "SGX TCB Signing", err);
	if (r >= 0 && crl_has(w->kept->root_crl.list, d->chain.items[0]))
		r = error_set(err, -ERROR_REFUSED, "certificate '%s' is revoked",
			      certificate_name(d->chain.items[0]));
	return r < 0 ? r : kept_result(&d->content, err);
}

static void say_document(struct work *w, const struct kept_document *d, int64_t next_update,
			 uint32_t number)
{
	char until[TIME_TEXT_SIZE];

	time_format(next_update, until);
	buffer_printf(&w->said, "signed by '%s', evaluation %u, until %s",
		      certificate_name(d->chain.items[0]), number, until);
}

static int check_tcb_info(struct work *w, struct error **err)
{
	const struct kept_document *d = &w->kept->tcb_info_document;
	const struct tcb_info *i = &w->kept->tcb_info;
	int r = check_document(w, d, err);

	if (r >= 0)
		r = verdict_check_dates(w->v, "TCB info", i->issue_date, i->next_update, err);
	if (r < 0)
		return r;
	w->result->facts.tcb_info = i;
	say_document(w, d, i->next_update, i->evaluation_number);
	return 0;
}

static int check_qe_identity(struct work *w, struct error **err)
{
	const struct kept_document *d = &w->kept->qe_identity_document;
	const struct qe_identity *i = &w->kept->qe_identity;
	int r = check_document(w, d, err);

	if (r >= 0)
		r = verdict_check_dates(w->v, "QE identity", i->issue_date, i->next_update, err);
	if (r < 0)
		return r;
	w->result->facts.qe_identity = i;
	say_document(w, d, i->next_update, i->evaluation_number);
	return 0;
}

static int check_same(const char *what, const uint8_t *seen, const uint8_t *wanted, size_t n,
		      struct error **err)
{
	_cleanup_free_ char *a = hex_string(SPAN(seen, n)), *b = hex_string(SPAN(wanted, n));

	if (!a || !b)
		return error_oom(err);
	if (memcmp(seen, wanted, n) == 0)
		return 0;
	return error_set(err, -ERROR_REFUSED, "%s is %s, wanted: %s", what, a, b);
}

static int check_platform(struct work *w, struct error **err)
{
	const struct pck_extension *pck = &w->result->facts.pck;
	const struct tcb_info *i = w->result->facts.tcb_info;
	char fmspc[2 * sizeof pck->fmspc + 1];
	int r = check_same("the TCB info is of another platform: its FMSPC", i->fmspc, pck->fmspc,
			   sizeof pck->fmspc, err);

	if (r >= 0)
		r = check_same("the TCB info is of another platform: its PCEID", i->pce_id,
			       pck->pce_id, sizeof pck->pce_id, err);
	hex_encode(SPAN(pck->fmspc, sizeof pck->fmspc), fmspc);
	buffer_printf(&w->said, "the TCB info is of this platform, FMSPC %s", fmspc);
	return r;
}

static int check_qe_report(struct work *w, struct error **err)
{
	const struct quote *q = w->quote;
	struct digest_stream *s = digest_stream_new(DIGEST_SHA256);
	struct digest binding;
	int r;

	if (!s)
		return error_oom(err);
	digest_stream_add(s, SPAN(q->attestation_key, P256_SIZE));
	digest_stream_add(s, q->qe_auth);
	binding = digest_stream_end(s);
	digest_stream_free(s);
	r = certificate_p256_verify(w->pck.items[0], q->qe_report, q->qe_signature, err);
	if (r < 0)
		return error_wrap(err, r, "report of the quoting enclave");
	r = check_same(
		"the quoting enclave does not vouch for the attestation key: its report data",
		q->qe.report_data, binding.bytes, digest_size(DIGEST_SHA256), err);
	if (r < 0)
		return r;
	if (!span_is_zero(SPAN(q->qe.report_data + 32, 32)))
		return error_set(err, -ERROR_REFUSED,
				 "the quoting enclave's report data does not end in 32 zeros");
	buffer_printf(&w->said, "signed by the PCK, and it vouches for the attestation key");
	return 0;
}

static int check_masked(const char *what, const uint8_t *seen, const uint8_t *wanted,
			const uint8_t *mask, size_t n, struct error **err)
{
	uint8_t a[16], b[16];

	for (size_t i = 0; i < n; i++) {
		a[i] = seen[i] & mask[i];
		b[i] = wanted[i] & mask[i];
	}
	return check_same(what, a, b, n, err);
}

static int check_qe_is_intels(struct work *w, struct error **err)
{
	const struct qe_identity *i = w->result->facts.qe_identity;
	const struct sgx_report *qe = &w->quote->qe;
	unsigned product = get_le16(qe->isv_prod_id);
	int r = check_same("MRSIGNER", qe->mr_signer, i->mr_signer, sizeof i->mr_signer, err);

	if (r >= 0 && product != i->isv_prod_id)
		r = error_set(err, -ERROR_REFUSED, "ISVPRODID is %u, wanted: %u", product,
			      i->isv_prod_id);
	if (r >= 0)
		r = check_masked("MISCSELECT under its mask", qe->misc_select, i->misc_select,
				 i->misc_select_mask, sizeof i->misc_select, err);
	if (r >= 0)
		r = check_masked("ATTRIBUTES under their mask", qe->attributes, i->attributes,
				 i->attributes_mask, sizeof i->attributes, err);
	if (r >= 0 && qe->attributes[0] & 2)
		r = error_set(err, -ERROR_REFUSED, "it can be debugged");
	buffer_printf(&w->said, "the quoting enclave is Intel's, ISVSVN %u", get_le16(qe->isv_svn));
	return r < 0 ? error_wrap(err, r, "the quoting enclave is not Intel's") : 0;
}

static int check_quote(struct work *w, struct error **err)
{
	struct p256_public key;
	int r;

	memcpy(key.point, w->quote->attestation_key, P256_SIZE);
	r = certificate_p256_verify_by(w->pck.items[0], &key, w->quote->signed_bytes,
				       w->quote->signature, err);
	buffer_printf(&w->said, "signed by the attestation key");
	return r < 0 ? error_wrap(err, r, "quote") : 0;
}

static const struct {
	const char *name;
	int (*check)(struct work *w, struct error **err);
} steps[] = {
	{"pck_chain", check_pck_chain}, {"root_crl", check_root_crl},
	{"pck_crl", check_pck_crl},	{"revocation", check_revocation},
	{"tcb_info", check_tcb_info},	{"qe_identity", check_qe_identity},
	{"fmspc", check_platform},	{"qe_report", check_qe_report},
	{"qe", check_qe_is_intels},	{"quote_signature", check_quote},
};

int quote_verify(const struct quote *q, const struct kept_collateral *k,
		 const struct attest_roots *roots, struct verdict *v, struct verified_quote **ret,
		 struct error **err)
{
	_cleanup_(work_release) struct work w = {.quote = q,
						 .kept = k,
						 .roots = roots,
						 .v = v,
						 .said = BUFFER_INIT(VERDICT_TEXT_MAX)};

	w.result = calloc(1, sizeof *w.result);
	if (!w.result)
		return error_oom(err);
	w.result->facts.quote = *q;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		_cleanup_error_ struct error *why = NULL;
		int r = steps[i].check(&w, &why);

		if (r == -ERROR_REFUSED) {
			verdict_refuse(v, VERDICT_GENUINE, steps[i].name, NULL, NULL, "%s",
				       error_message(why));
			*ret = NULL;
			return 0;
		}
		if (r < 0) {
			error_move(err, r, &why);
			return error_wrap(err, r, "%s", steps[i].name);
		}
		verdict_good(v, VERDICT_GENUINE, steps[i].name, "%s", buffer_text(&w.said));
		buffer_release(&w.said);
		w.said = (struct buffer)BUFFER_INIT(VERDICT_TEXT_MAX);
	}
	*ret = TAKE_PTR(w.result);
	return 0;
}
