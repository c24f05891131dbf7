/*
 * What makes a quote genuine: who signed what, for how long, what is revoked; and that no byte can be
 * another one.
 */
#include "attest_world.h"

static void expect(struct world *w, const char *more, int64_t at, const char *wanted)
{
	char *said = world_judged(w, more, at);

	assert_string_equal(said, wanted);
	free(said);
}

static void expect_built(struct world *w, const char *wanted)
{
	world_build(w);
	expect(w, "", WORLD_AT, wanted);
	world_release(w);
}

static void test_good(void **state)
{
	static const enum td_report_type types[] = {TD_REPORT_1_0, TD_REPORT_1_5, TD_REPORT_1_5_EX};
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		world_init(&w);
		w.type = types[i];
		expect_built(&w, "good");
	}
	world_init(&w);
	w.version = 4;
	w.type = TD_REPORT_1_0;
	expect_built(&w, "good");
}

/* Each signature by somebody else; that of the quoting enclave's report and of its identity among them, which
 * others did not look at. */
static void test_signers(void **state)
{
	static const struct {
		size_t who; /* offset in struct world */
		enum world_key by;
		const char *wanted;
	} cases[] = {
		{offsetof(struct world, pck_by), WORLD_STRANGER,
		 "genuine: pck_chain: the signature of 'Intel SGX PCK Certificate' is not that of "
		 "'Intel SGX PCK Platform CA'"},
		{offsetof(struct world, ca_by), WORLD_STRANGER,
		 "genuine: pck_chain: the signature of 'Intel SGX PCK Platform CA' is not that of "
		 "'Intel SGX Root CA'"},
		{offsetof(struct world, signer_by), WORLD_STRANGER,
		 "genuine: tcb_info: the signature of 'Intel SGX TCB Signing' is not that of "
		 "'Intel "
		 "SGX Root CA'"},
		{offsetof(struct world, root_crl_by), WORLD_CA,
		 "genuine: root_crl: its signature is not that of 'Intel SGX Root CA'"},
		{offsetof(struct world, pck_crl_by), WORLD_ROOT,
		 "genuine: pck_crl: its signature is not that of 'Intel SGX PCK Platform CA'"},
		{offsetof(struct world, tcb_info_by), WORLD_PCK,
		 "genuine: tcb_info: the signature is not that of this key"},
		{offsetof(struct world, qe_identity_by), WORLD_STRANGER,
		 "genuine: qe_identity: the signature is not that of this key"},
		{offsetof(struct world, qe_report_by), WORLD_STRANGER,
		 "genuine: qe_report: report of the quoting enclave: the signature is not that of "
		 "this key"},
		/* the key that is in the quote signed it, with nothing above */
		{offsetof(struct world, qe_report_by), WORLD_ATTESTATION,
		 "genuine: qe_report: report of the quoting enclave: the signature is not that of "
		 "this key"},
		{offsetof(struct world, quote_by), WORLD_STRANGER,
		 "genuine: quote_signature: quote: the signature is not that of this key"},
		{offsetof(struct world, quote_by), WORLD_PCK,
		 "genuine: quote_signature: quote: the signature is not that of this key"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;

		world_init(&w);
		memcpy((char *)&w + cases[i].who, &cases[i].by, sizeof cases[i].by);
		expect_built(&w, cases[i].wanted);
	}
}

static void test_not_bound(void **state)
{
	struct world w;
	char *said;

	(void)state;
	world_init(&w);
	w.bind_attestation_key = false;
	world_build(&w);
	said = world_judged(&w, "", WORLD_AT);
	assert_true(string_starts(said,
				  "genuine: qe_report: the quoting enclave does not vouch for "
				  "the attestation key: its report data is 0000"));
	free(said);
	world_release(&w);
	world_init(&w);
	w.qe.report_data[63] = 1;
	expect_built(&w, "genuine: qe_report: the quoting enclave's report data does not end in 32 "
			 "zeros");
	world_init(&w);
	w.qe.attributes[0] |= 2;
	expect_built(&w, "genuine: qe: the quoting enclave is not Intel's: ATTRIBUTES under their "
			 "mask is 13000000000000000000000000000000, wanted: "
			 "11000000000000000000000000000000");
	world_init(&w);
	w.qe.attributes[0] |= 2;
	w.qe_identity_change =
		(struct world_replacement){"\"attributesMask\":\"FB", "\"attributesMask\":\"F9"};
	expect_built(&w, "genuine: qe: the quoting enclave is not Intel's: it can be debugged");
}

static void test_names(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.pck_name = "Somebody";
	expect_built(&w, "genuine: pck_chain: certificate 'Somebody' where one of 'SGX PCK "
			 "Certificate' belongs");
	world_init(&w);
	w.ca_name = "Somebody";
	expect_built(&w,
		     "genuine: pck_chain: certificate 'Somebody' where one of 'SGX PCK' belongs");
	world_init(&w);
	w.root_name = "Somebody";
	expect_built(&w, "genuine: pck_chain: certificate 'Somebody' where one of 'SGX Root CA' "
			 "belongs");
	world_init(&w);
	w.signer_name = "Intel SGX PCK Certificate";
	expect_built(&w, "genuine: tcb_info: certificate 'Intel SGX PCK Certificate' where one of "
			 "'SGX TCB Signing' belongs");
	world_init(&w);
	w.pck_crl_issuer = WORLD_ROOT;
	expect_built(&w, "genuine: pck_crl: is of another issuer than 'Intel SGX PCK Platform CA'");
}

/* A world is genuine only under its own root. */
static void test_other_root(void **state)
{
	struct world w, other;
	char *said;

	(void)state;
	world_init(&w);
	world_build(&w);
	world_init(&other);
	world_build(&other);

	struct buffer root = w.root;

	w.root = other.root;
	said = world_judged(&w, "", WORLD_AT);
	assert_true(string_starts(said, "genuine: pck_chain: the chain ends in 'Intel SGX Root CA' "
					"with SHA-256 "));
	assert_true(string_ends(said, ", which is no root that is trusted"));
	free(said);
	w.root = root;
	world_release(&w);
	world_release(&other);
}

static void test_revocation(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.ca_revoked = true;
	expect_built(&w, "genuine: revocation: certificate 'Intel SGX PCK Platform CA' is revoked");
	world_init(&w);
	w.pck_revoked = true;
	expect_built(&w, "genuine: revocation: certificate 'Intel SGX PCK Certificate' is revoked");
	world_init(&w);
	w.signer_revoked = true;
	expect_built(&w, "genuine: tcb_info: certificate 'Intel SGX TCB Signing' is revoked");
}

/* Every date, at both ends: one second makes the difference. An expired list with fresh documents too, which
 * Intel's own verification forgets. */
static void test_dates(void **state)
{
	static const char *const steps[WORLD_DATES] = {
		[WORLD_DATE_ROOT] = "pck_chain: certificate 'Intel SGX Root CA'",
		[WORLD_DATE_CA] = "pck_chain: certificate 'Intel SGX PCK Platform CA'",
		[WORLD_DATE_PCK] = "pck_chain: certificate 'Intel SGX PCK Certificate'",
		[WORLD_DATE_SIGNER] = "tcb_info: certificate 'Intel SGX TCB Signing'",
		[WORLD_DATE_ROOT_CRL] = "root_crl: root CRL",
		[WORLD_DATE_PCK_CRL] = "pck_crl: PCK CRL",
		[WORLD_DATE_TCB_INFO] = "tcb_info: TCB info",
		[WORLD_DATE_QE_IDENTITY] = "qe_identity: QE identity",
	};

	(void)state;
	for (size_t i = 0; i < WORLD_DATES; i++) {
		char wanted[256];
		struct world w;

		world_init(&w);
		w.from[i] = WORLD_AT - 10;
		w.until[i] = WORLD_AT + 10;
		world_build(&w);
		expect(&w, "", WORLD_AT - 10, "good");
		expect(&w, "", WORLD_AT + 10, "good");
		snprintf(wanted, sizeof wanted,
			 "genuine: %s is not valid yet: at 2025-12-31T23:59:49Z, from "
			 "2025-12-31T23:59:50Z",
			 steps[i]);
		expect(&w, "", WORLD_AT - 11, wanted);
		snprintf(wanted, sizeof wanted,
			 "genuine: %s has expired: at 2026-01-01T00:00:11Z, until "
			 "2026-01-01T00:00:10Z",
			 steps[i]);
		expect(&w, "", WORLD_AT + 11, wanted);
		world_release(&w);
	}
}

/* The verdict holds until the first of all dates. */
static void test_until(void **state)
{
	for (size_t i = 0; i < WORLD_DATES; i++) {
		struct verdict v = {0};
		struct error *err = NULL;
		struct world w;

		(void)state;
		world_init(&w);
		w.until[i] = WORLD_AT + 100 + (int64_t)i;
		world_build(&w);
		assert_done(world_judge_at(&w, "", WORLD_AT, &v, &err), &err);
		assert_int_equal(v.until, WORLD_AT + 100 + (int64_t)i);
		verdict_release(&v);
		world_release(&w);
	}
}

static void flip_and_judge(struct world *w, struct buffer *b, size_t n, size_t step,
			   const char *where)
{
	for (size_t i = 0; i < n; i += step) {
		const uint8_t bit = (uint8_t)(1u << i % 8);
		char *said;

		b->p[i] ^= bit;
		said = world_judged(w, "", WORLD_AT);
		if (string_equal(said, "good"))
			fail_msg("byte %zu of %s can be another one", i, where);
		free(said);
		b->p[i] ^= bit;
	}
}

/* Of a quote every byte counts; so does every one of what Intel signs, of which some are tried. */
static void test_every_byte(void **state)
{
	static const enum collateral_part signed_parts[] = {
		COLLATERAL_ROOT_CRL,	COLLATERAL_PCK_CRL,
		COLLATERAL_TCB_INFO,	COLLATERAL_TCB_INFO_SIGNATURE,
		COLLATERAL_QE_IDENTITY, COLLATERAL_QE_IDENTITY_SIGNATURE};
	struct world w;

	(void)state;
	world_init(&w);
	world_build(&w);
	/* the chain's PEM text has line ends that may be others; its bytes are signed */
	flip_and_judge(&w, &w.quote, 48 + 6 + 648 + 4 + 128 + 6 + 384 + 64 + 2 + 32 + 6, 1,
		       "the quote");
	for (size_t i = 0; i < ARRAY_SIZE(signed_parts); i++)
		flip_and_judge(&w, &w.collateral.parts[signed_parts[i]],
			       w.collateral.parts[signed_parts[i]].n, 5,
			       collateral_name(signed_parts[i]));
	world_release(&w);
}

/* A byte of the chain's text that changes nothing that is signed is all that may change. */
static void test_every_byte_of_chain(void **state)
{
	struct certificates before = {0};
	struct error *err = NULL;
	struct world w;
	struct quote q;

	(void)state;
	world_init(&w);
	world_build(&w);
	assert_done(quote_parse(buffer_span(&w.quote), &q, &err), &err);
	assert_done(certificates_parse(q.certification, false, NULL, &before, &err), &err);

	size_t start = w.quote.n - q.certification.n;

	for (size_t i = start; i < w.quote.n; i += 7) {
		struct certificates after = {0};
		char *said;

		w.quote.p[i] ^= 1;
		said = world_judged(&w, "", WORLD_AT);
		if (string_equal(said, "good")) {
			assert_done(certificates_parse(SPAN(w.quote.p + start, q.certification.n),
						       false, NULL, &after, &err),
				    &err);
			assert_int_equal(after.n, before.n);
			for (size_t j = 0; j < after.n; j++)
				assert_true(certificate_equal(after.items[j], before.items[j]));
			certificates_release(&after);
		}
		free(said);
		w.quote.p[i] ^= 1;
	}
	certificates_release(&before);
	world_release(&w);
}

static void test_cut_and_trailing(void **state)
{
	struct world w;
	size_t whole;

	(void)state;
	world_init(&w);
	world_build(&w);
	whole = w.quote.n;
	for (size_t n = 0; n < whole; n += 3) {
		char *said;

		w.quote.n = n;
		said = world_judged(&w, "", WORLD_AT);
		assert_true(string_starts(said, "error: quote: "));
		free(said);
	}
	w.quote.n = whole;
	buffer_put_zeros(&w.trailing, 3000);
	world_build(&w);
	expect(&w, "", WORLD_AT, "good");
	w.quote.p[w.quote.n - 1] = 0xaa;
	expect(&w, "", WORLD_AT, "error: quote: bytes after it that are not zero");
	world_release(&w);
}

/* Whoever fetches collateral may get it from an enemy: one of another moment is no use to him. */
static void test_collateral_of_other_platform(void **state)
{
	struct world w, other;
	struct collateral own;

	(void)state;
	world_init(&w);
	world_build(&w);
	world_init(&other);
	world_build(&other);
	own = w.collateral;
	w.collateral = other.collateral;
	expect(&w, "", WORLD_AT,
	       "genuine: root_crl: its signature is not that of 'Intel SGX Root CA'");
	w.collateral = own;
	world_release(&w);
	world_release(&other);
}

/* One judgement by collateral that serves several. */
static void expect_kept(const struct world *w, const struct kept_collateral *kept, int64_t at,
			const char *wanted)
{
	struct evidence e = {.kind = EVIDENCE_TDX};
	struct verdict v = {.at = at};
	struct error *err = NULL;
	struct policy p = {0};
	char *said;
	int r;

	world_policy(w, "", &p);
	e.quote.max = WORLD_TEXT_MAX;
	buffer_put(&e.quote, buffer_span(&w->quote));
	r = attest_judge_kept(&e, kept, &p, &v, &err);
	said = attest_said(r, &v, err);
	assert_string_equal(said, wanted);
	free(said);
	policy_release(&p);
	evidence_release(&e);
}

/* What is kept is no verdict: each quote and each moment is judged by itself. */
static void test_kept(void **state)
{
	struct kept_collateral *kept = NULL;
	struct world w, other;
	struct error *err = NULL;
	char *good, *late, *early;

	(void)state;
	world_init(&w);
	world_build(&w);
	world_init(&other);
	world_build(&other);
	assert_done(kept_collateral_new(&w.collateral, &kept, &err), &err);
	good = world_judged(&w, "", WORLD_AT);
	late = world_judged(&w, "", WORLD_AT + 3650 * 86400LL);
	early = world_judged(&w, "", 0);
	assert_string_not_equal(good, late);
	assert_string_not_equal(good, early);
	for (int i = 0; i < 2; i++) {
		expect_kept(&w, kept, WORLD_AT, good);
		expect_kept(&w, kept, WORLD_AT + 3650 * 86400LL, late);
		expect_kept(&w, kept, 0, early);
		expect_kept(&other, kept, WORLD_AT,
			    "genuine: root_crl: its signature is not that of 'Intel SGX Root CA'");
	}
	free(good);
	free(late);
	free(early);
	kept_collateral_free(kept);
	world_release(&w);
	world_release(&other);
}

/* What is missing is told before a quote is there. */
static void test_kept_incomplete(void **state)
{
	struct collateral none = {0};
	struct kept_collateral *kept = NULL;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(kept_collateral_new(&none, &kept, &err), -ERROR_MALFORMED);
	assert_string_equal(error_message(err), "there is no root CRL");
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_signers),
		cmocka_unit_test(test_not_bound),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_other_root),
		cmocka_unit_test(test_revocation),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_until),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_every_byte_of_chain),
		cmocka_unit_test(test_cut_and_trailing),
		cmocka_unit_test(test_collateral_of_other_platform),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_kept_incomplete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
