/*
 * Quotes and evidence of real machines, with what Intel said of them at the time.
 */
#include "attest_said.h"

#include "base/file.h"
#include "formats/hcl.h"
#include "formats/tpms_attest.h"

#define VECTORS "../shared/vectors/attest/"
#define ZEROS_64                                                           \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000"

static const char azure_pcrs[] =
	"{\"tdnode_policy\":1,\"report_data\":\"" ZEROS_64 "\",\"registers\":{"
	"\"4\":\"c4a25a6d7704629f63db84d20ea8db0e9ce002b2801be9a340091fe7ac588699\","
	"\"9\":\"9f4a5775122ca4703e135a9ae6041edead0064262e399df11ca85182b0f1541d\","
	"\"11\":\"abd7c695ffdb6081e99636ee016d1322919c68d049b698b399d22ae215a121bf\"}}";

static void read_file(const char *path, struct buffer *ret)
{
	struct error *err = NULL;

	*ret = (struct buffer)BUFFER_INIT(COLLATERAL_MAX);
	assert_done(file_read(path, COLLATERAL_MAX, ret, &err), &err);
}

/* Of the folder of an Intel sample, all files that are known. */
static void read_folder(const char *path, struct collateral *c)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	struct error *err = NULL;

	assert_done(directory_list(path, &names, &err), &err);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *file = path_join(path, names.items[i]);
		_cleanup_(buffer_release) struct buffer bytes = {0};

		if (!collateral_file_is_known(names.items[i]))
			continue;
		read_file(file, &bytes);
		assert_done(collateral_take_file(c, names.items[i], buffer_span(&bytes), &err),
			    &err);
	}
	assert_done(collateral_check(c, &err), &err);
}

/* The first refusal, "good" or the error, with a policy as text (NULL: none). */
static char *judged(struct span evidence, struct span collateral, const char *policy, int64_t at)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	_cleanup_(collateral_release) struct collateral c = {0};
	_cleanup_(policy_release) struct policy p = {0};
	struct verdict v = {.at = at};
	struct error *err = NULL;
	int r;

	if (policy)
		assert_done(policy_add(&p, "policy", span_string(policy), &err), &err);
	assert_done(collateral_parse(collateral, &c, &err), &err);
	r = evidence_parse(evidence, &e, &err);
	if (r >= 0)
		r = attest_judge(&e, &c, &p, &v, &err);
	return attest_said(r, &v, err);
}

#define NO_MRTD                                                                                \
	"identity: policy: the policy has no value for MRTD: other firmware can put anything " \
	"into "                                                                                \
	"all other registers"

static const struct {
	const char *evidence, *collateral;
	int64_t at;
	const char *wanted;
} cases[] = {
	/* good but for a policy */
	{"pass/tdx_quote", "pass/tdx_quote_collateral.json", 1750420800, NO_MRTD},
	{"pass/tdx_quote", "pass/tdx_quote_collateral.json", 1752796800, NO_MRTD},
	{"pass/dcap-tdx-1766059550570652607", "pass/dcap-quote-collateral-00.yaml", 1769509141,
	 NO_MRTD},
	{"pass/gcp-tdx-1782809233226668671", "pass/gcp-tdx-collateral-1782809233226668671.yaml",
	 1782809233, NO_MRTD},
	/* at other times */
	{"pass/tdx_quote", "pass/tdx_quote_collateral.json", 1750000000,
	 "genuine: pck_crl: PCK CRL is not valid yet: at 2025-06-15T15:06:40Z, from "
	 "2025-06-19T10:00:35Z"},
	{"pass/tdx_quote", "pass/tdx_quote_collateral.json", 1753000000,
	 "genuine: pck_crl: PCK CRL has expired: at 2025-07-20T08:26:40Z, until "
	 "2025-07-19T10:00:35Z"},
	{"pass/tdx_quote", "pass/tdx_quote_collateral.json", 1780000000,
	 "genuine: root_crl: root CRL has expired: at 2026-05-28T20:26:40Z, until "
	 "2026-04-03T11:21:57Z"},
	{"pass/gcp-tdx-1782809233226668671", "pass/gcp-tdx-collateral-1782809233226668671.yaml",
	 1782809233 + 40 * 86400,
	 "genuine: pck_crl: PCK CRL has expired: at 2026-08-09T08:47:13Z, until "
	 "2026-07-30T07:56:21Z"},
	/* platforms for which there is no level */
	{"fail/tdx_quote_outdated", "fail/tdx_quote_outdated_collateral.json", 1771545600,
	 "platform: tcb_level: no TCB level fits: the platform has SGX components "
	 "03030202040100030000000000000000, PCESVN 13 and TDX components "
	 "07010300000000000000000000000000, which is below all that Intel supports"},
	{"fail/azure_failed_dcap_quote_10.bin", "fail/azure-collateral.yaml", 1771414156,
	 "platform: tcb_level: no TCB level fits: the platform has SGX components "
	 "03030202040100030000000000000000, PCESVN 13 and TDX components "
	 "07010300000000000000000000000000, which is below all that Intel supports"},
	{"fail/tdx_quote_4.dat", "fail/azure-collateral.yaml", 1771414156,
	 "platform: debug: the host reads and changes its memory: the TD can be debugged, wanted: "
	 "it "
	 "cannot"},
	{"fail/preproduction-root-quote.bin", "fail/azure-collateral.yaml", 1771414156,
	 "genuine: pck_chain: the chain ends in 'Intel SGX Root CA' with SHA-256 "
	 "e3f49e858865d54dde1d2f778817a355c470133165ddce1e488bec66f8f9ecf3, which is no root that "
	 "is trusted"},
	/* the collateral of another platform */
	{"pass/tdx_quote", "fail/tdx_quote_outdated_collateral.json", 1771545600,
	 "genuine: fmspc: the TCB info is of another platform: its FMSPC is 90c06f000000, wanted: "
	 "b0c06f000000"},
};

static void test_quotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer evidence = {0}, collateral = {0};
		char path[256];

		snprintf(path, sizeof path, VECTORS "%s", cases[i].evidence);
		read_file(path, &evidence);
		snprintf(path, sizeof path, VECTORS "%s", cases[i].collateral);
		read_file(path, &collateral);

		char *said =
			judged(buffer_span(&evidence), buffer_span(&collateral), NULL, cases[i].at);

		if (!string_equal(said, cases[i].wanted))
			fail_msg("%s: '%s', wanted '%s'", cases[i].evidence, said, cases[i].wanted);
		free(said);
	}
}

/* With the registers that are in it, as a record of attested-tls. */
static void test_registers(void **state)
{
	static const char policy[] =
		"[{\"measurement_id\":\"dcap\",\"attestation_type\":\"dcap-tdx\",\"measurements\":{"
		"\"mrtd\":{\"expected_any\":[\"%s\"]},\"rtmr0\":{\"expected\":\"%s\"},"
		"\"rtmr1\":{\"expected\":\"%s\"},\"rtmr2\":{\"expected\":\"%s\"}}}]";
	_cleanup_(buffer_release) struct buffer evidence = {0}, collateral = {0};
	char registers[4][97];
	struct quote q;

	(void)state;
	read_file(VECTORS "pass/dcap-tdx-1766059550570652607", &evidence);
	read_file(VECTORS "pass/dcap-quote-collateral-00.yaml", &collateral);
	assert_true(quote_parse(buffer_span(&evidence), &q, NULL) >= 0);
	assert_int_equal(q.td.mr_td[0], 0xa5);
	assert_int_equal(q.td.rtmr[2][0], 0xb2);
	hex_encode(SPAN(q.td.mr_td, 48), registers[0]);
	for (size_t i = 0; i < 3; i++)
		hex_encode(SPAN(q.td.rtmr[i], 48), registers[i + 1]);

	char *text = string_printf(policy, registers[0], registers[1], registers[2], registers[3]);
	char *said = judged(buffer_span(&evidence), buffer_span(&collateral), text, 1769509141);

	assert_string_equal(said, "good");
	free(said);
	free(text);
}

static void test_azure(void **state)
{
	_cleanup_(buffer_release) struct buffer evidence = {0}, collateral = {0};
	char *said;

	(void)state;
	read_file("tests/golden/azure-evidence.json", &evidence);
	read_file(VECTORS "azure/azure-collateral02.yaml", &collateral);
	said = judged(buffer_span(&evidence), buffer_span(&collateral), azure_pcrs, 1771423480);
	assert_string_equal(said, "good");
	free(said);
	for (size_t i = 0; i < 64; i++) {
		_cleanup_free_ char *policy = strdup(azure_pcrs);
		char *zeros = strstr(policy, ZEROS_64);

		zeros[2 * i] = '1';
		said = judged(buffer_span(&evidence), buffer_span(&collateral), policy, 1771423480);
		assert_true(string_starts(said, "identity: report_data: the evidence is bound to "
						"other data: "));
		free(said);
	}
}

/* A quote of a TPM of Azure, and its key as it was given. */
static void test_azure_tpm_quote(void **state)
{
	_cleanup_(buffer_release) struct buffer quote = {0}, pem = {0};
	struct rsa_public key;
	struct error *err = NULL;

	(void)state;
	read_file(VECTORS "azure/quote.bin", &quote);
	read_file(VECTORS "azure/akpub.pem", &pem);
	assert_done(rsa_public_parse(buffer_span(&pem), &key, &err), &err);

	/* u64 sizes of signature, message; what other tools write */
	size_t at = 0;
	struct span signature = {0}, message = {0};

	for (size_t i = 0; i + 4 < quote.n && !message.n; i++)
		if (get_be32(quote.p + i) == 0xff544347)
			message = SPAN(quote.p + i, get_le64(quote.p + i - 8)), at = i;
	assert_non_null(message.p);
	signature = SPAN(quote.p + at - 8 - 256, 256);
	assert_done(rsa_verify(&key, message, signature, &err), &err);

	struct tpm_quote q;

	assert_done(tpms_attest_parse(message, &q, &err), &err);
	assert_true(span_equal(q.extra_data, SPAN_LITERAL("challenge")));
	assert_int_equal(q.n_selections, 1);
	assert_int_equal(q.selections[0].algorithm, TPM_ALGORITHM_SHA256);
}

static void test_hcl_reports(void **state)
{
	static const struct {
		const char *file;
		bool persisted;
	} good[] = {{"hcl-report-tdx.bin", false}, {"hclreport.bin", true}};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_(buffer_release) struct buffer b = {0};
		struct hcl_report report;
		struct hcl_claims claims;
		char path[256];

		snprintf(path, sizeof path, VECTORS "azure/%s", good[i].file);
		read_file(path, &b);
		assert_done(hcl_report_parse(buffer_span(&b), &report, &err), &err);
		assert_done(hcl_claims_parse(report.claims, &claims, &err), &err);
		assert_int_equal(claims.tpm_persisted, good[i].persisted);

		/* the TD report in it binds the claims; REPORTMACSTRUCT has report data at 128 */
		struct digest d = digest_bytes(DIGEST_SHA256, report.claims);

		assert_memory_equal(b.p + 32 + 128, d.bytes, 32);
	}

	_cleanup_(buffer_release) struct buffer snp = {0};
	struct hcl_report report;

	read_file(VECTORS "azure/hcl-report-snp.bin", &snp);
	assert_failed(hcl_report_parse(buffer_span(&snp), &report, &err), ERROR_UNSUPPORTED,
		      "HCL report: of hardware 2 (SEV-SNP): 4 (TDX) is read", &err);
}

/* Intel's sample has certificates, lists and documents of its own root. Its identity of the quoting enclave
 * names another signer than its quote has. */
static void test_intel_sample(void **state)
{
	_cleanup_(collateral_release) struct collateral c = {0};
	_cleanup_(buffer_release) struct buffer quote = {0}, root = {0};
	_cleanup_(evidence_release) struct evidence e = {0};
	_cleanup_(policy_release) struct policy p = {0};
	_cleanup_(verdict_release) struct verdict v = {.at = 1700000000};
	struct error *err = NULL;

	(void)state;
	read_file(VECTORS "pass/intel-sample-tdx/quote.dat", &quote);
	read_file(VECTORS "pass/intel-sample-tdx/trustedRootCaCert.pem", &root);
	read_folder(VECTORS "pass/intel-sample-tdx", &c);
	p.intel_roots = strdup(buffer_text(&root));
	assert_done(evidence_parse(buffer_span(&quote), &e, &err), &err);
	assert_done(attest_judge(&e, &c, &p, &v, &err), &err);
	assert_int_equal(v.n, 9);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(v.items[i].state, CHECK_GOOD);
	assert_string_equal(v.items[7].name, "qe_report");
	assert_failed(verdict_require(&v, &err), ERROR_REFUSED,
		      "genuine: qe: the quoting enclave is not Intel's: MRSIGNER is "
		      "e4bd9fc2129835ba1dcca1939d57d08e88561b34740d59405972d4ba25a7e5f7, wanted: "
		      "0bf58c3b57bf0be53f992350d785a33285d583c18127ad624ff98604e6fd3efb",
		      &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quotes),	    cmocka_unit_test(test_registers),
		cmocka_unit_test(test_azure),	    cmocka_unit_test(test_azure_tpm_quote),
		cmocka_unit_test(test_hcl_reports), cmocka_unit_test(test_intel_sample),
	};

	if (!path_exists(VECTORS)) {
		puts("skipped: no vectors");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
