#include "attest/attest.h"

#include "attest/azure_verify.h"
#include "attest/facts.h"
#include "attest/judge.h"

static int name_evidence(const struct evidence *e, const struct quote *q, struct verdict *v,
			 struct error **err)
{
	static const char *const types[] = {[TD_REPORT_1_0] = "TD 1.0",
					    [TD_REPORT_1_5] = "TD 1.5",
					    [TD_REPORT_1_5_EX] = "TD 1.5, extended"};

	if (e->kind == EVIDENCE_TPM)
		v->evidence = strdup("quote of a TPM alone: no confidentiality");
	else
		v->evidence =
			string_printf("%sTDX quote, version %u, %s",
				      e->kind == EVIDENCE_AZURE ? "Azure: virtual TPM and " : "",
				      q->version, types[q->type]);
	return v->evidence ? 0 : error_oom(err);
}

static int judge(const struct subject *s, const struct policy *p, struct verdict *v,
		 struct error **err)
{
	int r = judge_platform(s, p, v, err);

	if (r >= 0)
		r = judge_identity(s, p, v, err);
	if (r >= 0)
		r = facts_of(s, &v->facts, err);
	return r;
}

static int judge_tpm(const struct evidence *e, const struct policy *p, struct verdict *v,
		     struct error **err)
{
	_cleanup_(attest_roots_release) struct attest_roots roots = {0};
	_cleanup_(verified_tpm_freep) struct verified_tpm *tpm = NULL;
	int r = policy_roots(p, false, NULL, &roots, err);

	if (r >= 0)
		r = name_evidence(e, NULL, v, err);
	if (r >= 0)
		r = tpm_verify_alone(e, &roots, policy_accepts_bank(p, DIGEST_SHA384), v, &tpm,
				     err);
	if (r < 0 || !tpm)
		return r;
	return judge(&(struct subject){.kind = POLICY_TPM, .tpm = tpm, .binding = &e->binding}, p,
		     v, err);
}

static int judge_azure(const struct evidence *e, const struct verified_quote *quote,
		       const struct attest_roots *roots, const struct policy *p, struct verdict *v,
		       struct error **err)
{
	_cleanup_(verified_tpm_freep) struct verified_tpm *tpm = NULL;
	struct azure_facts azure;
	int r = azure_verify(e, quote, roots, policy_accepts_bank(p, DIGEST_SHA384), v, &azure,
			     &tpm, err);

	if (r < 0 || !tpm)
		return r;
	return judge(&(struct subject){.kind = POLICY_AZURE,
				       .quote = quote,
				       .tpm = tpm,
				       .azure = &azure,
				       .binding = &e->binding},
		     p, v, err);
}

/* The platform of a quote that is not verified, for whoever has to get its collateral. */
static int want_collateral(const struct quote *q, struct error **err)
{
	char fmspc[2 * sizeof((struct pck_platform *)0)->fmspc + 1];
	struct pck_platform platform;

	if (pck_platform_read(q->certification, &platform, NULL) < 0)
		return error_set(err, -ERROR_MALFORMED,
				 "a TDX quote cannot be judged without collateral of its platform");
	hex_encode(SPAN(platform.fmspc, sizeof platform.fmspc), fmspc);
	return error_set(err, -ERROR_MALFORMED,
			 "a TDX quote cannot be judged without collateral of its platform: FMSPC "
			 "%s, CA %s; 'tdnode collateral fetch' gets it",
			 fmspc, platform.ca);
}

static int judge_quote(const struct evidence *e, const struct quote *q,
		       const struct kept_collateral *kept, const struct policy *p,
		       struct verdict *v, struct error **err)
{
	_cleanup_(attest_roots_release) struct attest_roots roots = {0};
	_cleanup_(verified_quote_freep) struct verified_quote *verified = NULL;
	bool azure = e->kind == EVIDENCE_AZURE;
	int r = policy_roots(p, azure, &kept->known, &roots, err);

	if (r >= 0)
		r = quote_verify(q, kept, &roots, v, &verified, err);
	if (r < 0 || !verified)
		return r;
	if (azure)
		return judge_azure(e, verified, &roots, p, v, err);
	return judge(
		&(struct subject){.kind = POLICY_TDX, .quote = verified, .binding = &e->binding}, p,
		v, err);
}

/* What can be said without collateral, first. */
static int judge_tdx(const struct evidence *e, const struct collateral *collateral,
		     const struct kept_collateral *kept, const struct policy *p, struct verdict *v,
		     struct error **err)
{
	_cleanup_(kept_collateral_freep) struct kept_collateral *own = NULL;
	struct quote q;
	int r = quote_parse(buffer_span(&e->quote), &q, err);

	if (r >= 0)
		r = name_evidence(e, &q, v, err);
	if (r < 0)
		return r;
	judge_debug(&q, p, v);
	if (!collateral && !kept)
		return verdict_answer(v, VERDICT_PLATFORM) == ANSWER_NO ? 0
									: want_collateral(&q, err);
	if (!kept)
		r = kept_collateral_new(collateral, &own, err);
	return r < 0 ? r : judge_quote(e, &q, kept ? kept : own, p, v, err);
}

static int judge_any(const struct evidence *e, const struct collateral *collateral,
		     const struct kept_collateral *kept, const struct policy *p, struct verdict *v,
		     struct error **err)
{
	int r = e->kind == EVIDENCE_TPM ? judge_tpm(e, p, v, err)
					: judge_tdx(e, collateral, kept, p, v, err);

	return r < 0 ? r : v->failed ? error_oom(err) : 0;
}

int attest_judge(const struct evidence *e, const struct collateral *collateral,
		 const struct policy *p, struct verdict *v, struct error **err)
{
	return judge_any(e, collateral, NULL, p, v, err);
}

int attest_judge_kept(const struct evidence *e, const struct kept_collateral *kept,
		      const struct policy *p, struct verdict *v, struct error **err)
{
	return judge_any(e, NULL, kept, p, v, err);
}
