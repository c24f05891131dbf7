/*
 * Azure machines and TPMs alone: that the quote binds the claims, the claims the TPM's key, and the key
 * exactly the registers that are judged.
 */
#include "attest_azure_world.h"

#include "attest/paravisors.h"
#include "formats/hcl.h"

#define ZEROS_64                                                           \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000"

static void expect_of(struct azure_world *a, bool bare, const char *more, const char *wanted)
{
	azure_world_build(a);

	char *said = azure_judged(a, bare, more, WORLD_AT);

	assert_string_equal(said, wanted);
	free(said);
}

static void expect(struct azure_world *a, const char *wanted)
{
	expect_of(a, false, "", wanted);
}

static struct azure_world a;

static int setup(void **state)
{
	(void)state;
	azure_world_init(&a);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	azure_world_release(&a);
	return 0;
}

static void test_good(void **state)
{
	(void)state;
	expect(&a, "good");
}

static void test_claims_are_bound(void **state)
{
	char *said;

	(void)state;
	a.claims_change =
		(struct world_replacement){"\"secure-boot\":false", "\"secure-boot\":true "};
	azure_world_build(&a);
	said = azure_judged(&a, false, "", WORLD_AT);
	assert_true(string_starts(said, "genuine: hcl_binding: the TD's report data is not the "
					"digest of the paravisor's claims, followed by zeros: "));
	free(said);
}

/* A TD that anybody can start puts the digest of forged claims into its report data: what tells is MRTD. */
static void test_paravisor_is_pinned(void **state)
{
	(void)state;
	expect_of(
		&a, true,
		",\"registers\":{\"4\":"
		"\"0404040404040404040404040404040404040404040404040404040404040404\"}",
		"platform: paravisor: not confidential: what holds the virtual TPM is not known: "
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627"
		"28292a2b2c2d2e2f, wanted: one that is built in, or in azure.paravisor_mrtd of the "
		"policy");
	for (size_t i = 0; i < n_paravisors; i++)
		assert_int_equal(strlen(paravisors[i].mrtd), 96);
	assert_true(hex_decode(span_string(paravisors[0].mrtd), a.w.td.mr_td, 48));
	expect_of(&a, true,
		  ",\"registers\":{\"4\":"
		  "\"0404040404040404040404040404040404040404040404040404040404040404\"}",
		  "good");
}

static void test_key(void **state)
{
	(void)state;
	a.claimed = a.quoted = a.stranger;
	expect(&a, "genuine: ak_key: the certificate is not of the attestation key that the "
		   "paravisor names");
	a.claimed = a.ak;
	expect(&a, "genuine: tpm_signature: the signature is not that of this key");
	a.quoted = a.ak;
	a.certified_by = a.stranger;
	expect(&a, "genuine: ak_certificate: 'test.ConfidentialVM': certificate signature failure");
	a.certified_by = a.tpm_root;
	a.until = WORLD_AT - 1;
	expect(&a,
	       "genuine: ak_certificate: the certificate of the attestation key has expired: at "
	       "2026-01-01T00:00:00Z, until 2025-12-31T23:59:59Z");
}

/* A quote over other registers than those that are judged can have their digest. */
static void test_selection(void **state)
{
	(void)state;
	a.n_selections = 2;
	expect(&a, "genuine: tpm_selection: the quote has 2 selections of registers, not 1: the "
		   "digest does not say which values are whose");
	a.n_selections = 0;
	expect(&a, "genuine: tpm_selection: the quote has 0 selections of registers, not 1: the "
		   "digest does not say which values are whose");
	a.n_selections = 1;
	a.registers = 0x7fffff;
	expect(&a, "genuine: tpm_selection: the quote is about registers 0x7fffff, not 0xffffff");
	a.registers = 0xffffff;
	a.algorithm = TPM_ALGORITHM_SHA384;
	expect(&a,
	       "genuine: tpm_selection: the quote is about bank 0x000c, not 0x000b (SHA-256): the "
	       "policy has no values of another one");
	a.algorithm = 4;
	expect(&a, "genuine: tpm_selection: the quote is about bank 0x0004, not 0x000b (SHA-256)");
}

#define MRTD_OF_WORLD                                                                       \
	"\"azure\":{\"paravisor_mrtd\":[\"000102030405060708090a0b0c0d0e0f1011121314151617" \
	"18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\"]}"
#define X16(c) c c c c c c c c c c c c c c c c
#define X32(c) X16(c) X16(c)
#define X48(c) X32(c) X16(c)

/* A quote of SHA-384 counts where the policy has values of that bank, and by them alone. */
static void test_bank(void **state)
{
	static const struct {
		const char *registers, *wanted;
	} cases[] = {
		{"\"4\":\"" X48("04") "\"", "good"},
		{"\"4\":[\"" X32("04") "\",\"" X48("04") "\"],\"9\":\"" X48("09") "\"", "good"},
		{"\"4\":\"" X48("05") "\"",
		 "identity: registers: PCR 4 (programs that firmware starts) of 'the policy': " X48(
			 "04") ", wanted: " X48("05")},
		/* the value of one bank is none of the other */
		{"\"4\":\"" X48("04") "\",\"9\":\"" X32("09") "\"",
		 "identity: registers: PCR 9 (command line and initrd, as the kernel gets them) of "
		 "'the policy': " X48("09") ", wanted: " X32("09")},
		{"\"4\":\"" X32("04") "\",\"9\":\"" X48("09") "\"",
		 "identity: policy: the policy has no value for PCR 4: registers 8 to 15 can be "
		 "extended to anything by another image"},
		{"\"4\":\"" X32("04") "\"", "genuine: tpm_selection: the quote is about bank "
					    "0x000c, not 0x000b (SHA-256): the "
					    "policy has no values of another one"},
	};

	(void)state;
	a.algorithm = TPM_ALGORITHM_SHA384;
	a.pcr_size = 48;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *more =
			string_printf(",\"registers\":{%s}," MRTD_OF_WORLD, cases[i].registers);

		expect_of(&a, true, more, cases[i].wanted);
		free(more);
	}
	/* values of 32 bytes for a quote of SHA-384 */
	a.pcr_size = 32;
	expect_of(
		&a, true, ",\"registers\":{\"4\":\"" X48("04") "\"}," MRTD_OF_WORLD,
		"genuine: tpm_pcrs: the evidence has 24 values of 32 bytes, the quote is about 24 "
		"of 48");
	/* another bank than both */
	a.algorithm = 4;
	expect_of(&a, true, ",\"registers\":{\"4\":\"" X48("04") "\"}," MRTD_OF_WORLD,
		  "genuine: tpm_selection: the quote is about bank 0x0004, not 0x000b (SHA-256) or "
		  "0x000c (SHA-384)");
}

/* What sha256sum says of "HOSTNAME=node-1", and `tdnode config` of its PCR 8. */
static void test_configuration_of_node(void **state)
{
	static const char digest[] =
		"45882c8f21672528c045407e7f0435ee17a9fd089c2d560220e6aa16dd87d1dd";
	static const char pcr8[] =
		"d2539e59d70f92d357a1b44fc6bc8c68be9293fae4c3c4fdfd55a034a928b9de";
	char *config = string_printf(",\"config\":[\"" X32("aa") "\",\"%s\"]", digest);
	char *refused = string_printf("identity: configuration: PCR 8: the node has another "
				      "configuration: " X32("08") ", wanted: %s",
				      pcr8);

	(void)state;
	expect_of(&a, false, config, refused);
	assert_true(hex_decode(span_string(pcr8), a.pcrs[8], 32));
	expect_of(&a, false, config, "good");
	expect_of(&a, false, ",\"config\":\"" X48("aa") "\"",
		  "identity: configuration: the policy has no digest for the bank of the quote: "
		  "d2539e59d70f92d357a1b44fc6bc8c68be9293fae4c3c4fdfd55a034a928b9de");
	free(config);
	free(refused);
}

static void test_values(void **state)
{
	char *said;

	(void)state;
	azure_world_build(&a);
	for (size_t i = 0; i < 24; i++) {
		a.e.pcrs[i][i] ^= 1;
		said = azure_judged(&a, false, "", WORLD_AT);
		assert_string_equal(said, "genuine: tpm_pcrs: the values of the registers are not "
					  "those that the TPM signed");
		free(said);
		a.e.pcrs[i][i] ^= 1;
	}
	a.e.n_pcrs = 23;
	said = azure_judged(&a, false, "", WORLD_AT);
	assert_string_equal(said, "genuine: tpm_pcrs: the evidence has 23 values of 32 bytes, the "
				  "quote is about 24 of 32");
	free(said);
}

static void flip(struct buffer *b, size_t step, const char *where)
{
	for (size_t i = 0; i < b->n; i += step) {
		const uint8_t bit = (uint8_t)(1u << i % 8);
		char *said;

		b->p[i] ^= bit;
		said = azure_judged(&a, false, "", WORLD_AT);
		if (string_equal(said, "good"))
			fail_msg("byte %zu of %s can be another one", i, where);
		free(said);
		b->p[i] ^= bit;
	}
}

static void test_every_byte(void **state)
{
	struct buffer claims;

	(void)state;
	azure_world_build(&a);
	flip(&a.e.tpm_message, 1, "the TPM's message");
	flip(&a.e.tpm_signature, 5, "the TPM's signature");
	/* before the claims is what no check needs: the TD report, which the quote has, too */
	claims = a.e.hcl_report;
	claims.p += 1216;
	claims.n -= 1216;
	flip(&claims, 3, "the paravisor's report");
}

static void test_policy_needs_pcr_4(void **state)
{
	(void)state;
	expect_of(
		&a, true,
		",\"azure\":{\"paravisor_mrtd\":[\"000102030405060708090a0b0c0d0e0f1011121314151617"
		"18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\"]},\"registers\":{\"9\":"
		"\"0909090909090909090909090909090909090909090909090909090909090909\"}",
		"identity: policy: the policy has no value for PCR 4: registers 8 to 15 can be "
		"extended to anything by another image");
}

static void test_freshness(void **state)
{
	static const char data[] =
		",\"report_data\":"
		"\"00000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000001\"";
	uint8_t nonce[64] = {0};

	(void)state;
	nonce[63] = 1;
	a.user_data =
		"00000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000001";
	a.nonce = SPAN(nonce, 64);
	expect_of(&a, false, data, "good");
	/* as attested-tls does it */
	a.nonce = SPAN(nonce, 32);
	expect_of(&a, false, data, "good");
	a.nonce = SPAN(nonce, 63);
	expect_of(
		&a, false, data,
		"identity: tpm_nonce: the evidence is bound to other data: "
		"0000000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000, wanted: "
		"0000000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000001");
	a.nonce = SPAN(nonce, 32);
	a.user_data = NULL;
	expect_of(&a, false, data,
		  "identity: report_data: the paravisor's claims have no user data");
	a.user_data = ZEROS_64;
	expect_of(&a, false, data,
		  "identity: report_data: the evidence is bound to other data: " ZEROS_64
		  ", wanted: "
		  "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
		  "000000000000000000000000000000000000000000000001");
}

static void test_configuration(void **state)
{
	static const char mrtd[] =
		",\"registers\":{\"4\":"
		"\"0404040404040404040404040404040404040404040404040404040404040404\"},\"azure\":{"
		"\"paravisor_mrtd\":["
		"\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		"202122232425262728292a2b2c2d2e2f\"],";
	static const struct {
		const char *more, *wanted;
	} cases[] = {
		{"\"secure_boot\":false,\"tpm_persisted\":true}", "good"},
		{"\"secure_boot\":true}",
		 "platform: secure_boot: what the platform is set to: no, wanted: yes"},
		{"\"tpm_persisted\":false}",
		 "platform: tpm_persisted: what the platform is set to: yes, wanted: no"},
		{"\"vm_id\":\"8c85ce00-a0eb-497b-87ef-ca9609e6c757\"}", "good"},
		{"\"vm_id\":\"8c85ce00-a0eb-497b-87ef-ca9609e6c758\"}",
		 "platform: vm_id: another machine: 8C85CE00-A0EB-497B-87EF-CA9609E6C757, wanted: "
		 "8c85ce00-a0eb-497b-87ef-ca9609e6c758"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *more = string_printf("%s%s", mrtd, cases[i].more);

		expect_of(&a, true, more, cases[i].wanted);
		free(more);
	}
}

/* What the verdict says as text and for programs, of evidence that wants to be more than a value in it. */
static void expect_shown(struct azure_world *world, bool bare, const char *more, const char *line)
{
	_cleanup_(verdict_release) struct verdict v = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(VERDICT_TEXT_MAX),
						json = BUFFER_INIT(VERDICT_TEXT_MAX);
	struct error *err = NULL;

	azure_judge(world, bare, more, WORLD_AT, &v);
	assert_int_equal(verdict_require(&v, NULL), -ERROR_REFUSED);
	verdict_text(&v, &text);
	assert_done(verdict_json(&v, &json, &err), &err);
	assert_null(strchr(buffer_text(&text), 0x1b));
	if (!strstr(buffer_text(&text), line))
		fail_msg("no '%s' in:\n%s", line, buffer_text(&text));
}

static void test_hostile_texts(void **state)
{
	static const char paravisor[] =
		",\"registers\":{\"4\":"
		"\"0404040404040404040404040404040404040404040404040404040404040404\"},\"azure\":{"
		"\"vm_id\":\"y\",\"paravisor_mrtd\":["
		"\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		"202122232425262728292a2b2c2d2e2f\"]}";
	static const uint8_t name[] = {'x', 0xff, 0x1b, '[', '2', 'J', '\n', 'y'};
	X509_NAME *subject = X509_NAME_new();
	X509 *root, *leaf;

	(void)state;
	/* A line of its own, and an order to the terminal. */
	a.configuration = "{\"secure-boot\":false,\"tpm-enabled\":true,\"tpm-persisted\":true,"
			  "\"vmUniqueId\":\"x\\n  ok      pck_chain\\u001b[2J\"}";
	azure_world_build(&a);
	expect_shown(&a, true, paravisor, "seen:   x   ok      pck_chain\\x1b[2J\n");

	/* The name of a certificate may be no UTF-8. */
	a.configuration = AZURE_CONFIGURATION;
	azure_world_build(&a);
	root = azure_certificate(a.tpm_root, "Test TPM Root", a.tpm_root, NULL, a.until);
	leaf = azure_certificate(a.ak, "leaf", a.stranger, root, a.until);
	X509_NAME_add_entry_by_txt(subject, "CN", V_ASN1_T61STRING, name, sizeof name, -1, 0);
	X509_set_subject_name(leaf, subject);
	assert_true(X509_sign(leaf, a.stranger, EVP_sha256()) > 0);
	buffer_release(&a.e.ak_certificate);
	world_put_pem(&a.e.ak_certificate, leaf);
	expect_shown(&a, false, "", " 'x\\xff\\x1b[2J y': certificate signature failure\n");
	X509_NAME_free(subject);
	X509_free(root);
	X509_free(leaf);
}

static void test_tpm_alone(void **state)
{
	static const char registers[] =
		",\"registers\":{\"4\":"
		"\"0404040404040404040404040404040404040404040404040404040404040404\"}";
	static const char accepted[] =
		",\"without_confidentiality\":true,\"registers\":{\"4\":"
		"\"0404040404040404040404040404040404040404040404040404040404040404\"}";
	static const struct {
		uint32_t attributes;
		bool stranger;
		const char *more, *wanted;
	} cases[] = {
		{0x50072, false, accepted, "good"},
		{0x50072, false, registers,
		 "platform: confidentiality: no confidentiality: whoever runs the machine reads "
		 "its "
		 "memory: a TPM alone, wanted: a TDX quote, or without_confidentiality in the "
		 "policy"},
		/* not restricted: it signs what it is given */
		{0x40072, false, accepted,
		 "genuine: ak_attributes: the attestation key has attributes 0x40072: not a key "
		 "that "
		 "stays in its TPM and signs nothing but what the TPM says"},
		{0x50070, false, accepted,
		 "genuine: ak_attributes: the attestation key has attributes 0x50070: not a key "
		 "that "
		 "stays in its TPM and signs nothing but what the TPM says"},
		{0x70072, false, accepted,
		 "genuine: ak_attributes: the attestation key has attributes 0x70072: not a key "
		 "that "
		 "stays in its TPM and signs nothing but what the TPM says"},
		{0x50072, true, accepted,
		 "genuine: ak_attributes: the attestation key is not the one that is vouched for"},
	};

	(void)state;
	/* PCR 16 can be reset and extended to what PCR 4 has: registers that are not of the policy */
	a.registers = 0x1a10;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *said;

		azure_world_build(&a);
		a.e.kind = EVIDENCE_TPM;
		azure_put_public(cases[i].attributes, cases[i].stranger ? a.stranger : a.ak,
				 &a.e.tpm_public);
		said = azure_judged(&a, true, cases[i].more, WORLD_AT);
		assert_string_equal(said, cases[i].wanted);
		free(said);
	}
	a.registers = 0x11a00;
	azure_world_build(&a);
	a.e.kind = EVIDENCE_TPM;
	azure_put_public(0x50072, a.ak, &a.e.tpm_public);

	char *said = azure_judged(&a, true, accepted, WORLD_AT);

	assert_string_equal(said,
			    "identity: registers: PCR 4 (programs that firmware starts) of 'the "
			    "policy': not in the evidence, wanted: "
			    "0404040404040404040404040404040404040404040404040404040404040404");
	free(said);
}

static void test_hcl_reports(void **state)
{
	struct hcl_report report;
	struct hcl_claims claims;
	struct error *err = NULL;
	struct buffer *b = &a.e.hcl_report;

	(void)state;
	azure_world_build(&a);
	assert_done(hcl_report_parse(buffer_span(b), &report, &err), &err);
	assert_done(hcl_claims_parse(report.claims, &claims, &err), &err);
	assert_true(claims.tpm_persisted);
	b->p[1224] = 2;
	assert_failed(hcl_report_parse(buffer_span(b), &report, &err), ERROR_UNSUPPORTED,
		      "HCL report: of hardware 2 (SEV-SNP): 4 (TDX) is read", &err);
	b->p[1224] = 4;
	b->p[1228] = 2;
	assert_failed(
		hcl_report_parse(buffer_span(b), &report, &err), ERROR_UNSUPPORTED,
		"HCL report: data of version 1 with digest 2: 1 or 2 with SHA-256 (1) are read",
		&err);
	b->p[1228] = 1;
	b->p[b->n - 1] = 1;
	assert_failed(hcl_report_parse(buffer_span(b), &report, &err), ERROR_MALFORMED,
		      "HCL report: bytes after it that are not zero", &err);
	b->p[b->n - 1] = 0;
	b->p[0] = 'h';
	assert_failed(hcl_report_parse(buffer_span(b), &report, &err), ERROR_MALFORMED,
		      "HCL report: does not begin as one", &err);
	b->p[0] = 'H';
	for (size_t n = 0; n < b->n - 100; n++)
		assert_true(hcl_report_parse(SPAN(b->p, n), &report, NULL) < 0);
	assert_failed(hcl_claims_parse(SPAN_LITERAL("{\"keys\":[]}"), &claims, &err),
		      ERROR_MALFORMED, "claims of the HCL report: no key 'HCLAkPub'", &err);
	assert_failed(
		hcl_claims_parse(SPAN_LITERAL("{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\","
					      "\"e\":\"Aw\",\"n\":\"AAAA\"}]}"),
				 &claims, &err),
		ERROR_UNSUPPORTED,
		"claims of the HCL report: 'HCLAkPub': not an RSA key of 2048 or 3072 bits with "
		"the exponent 65537",
		&err);
}

static void test_tpm_messages(void **state)
{
	struct tpm_quote q;
	struct error *err = NULL;
	struct buffer *b = &a.e.tpm_message;

	(void)state;
	azure_world_build(&a);
	assert_done(tpms_attest_parse(buffer_span(b), &q, &err), &err);
	assert_int_equal(q.selections[0].registers, 0xffffff);
	for (size_t n = 0; n < b->n; n++)
		assert_true(tpms_attest_parse(SPAN(b->p, n), &q, NULL) < 0);
	buffer_put_u8(b, 0);
	assert_failed(tpms_attest_parse(buffer_span(b), &q, &err), ERROR_MALFORMED,
		      "TPM quote: 1 bytes after it", &err);
	/* a certification of a key, which the same key signs */
	b->p[5] = 0x17;
	assert_failed(
		tpms_attest_parse(buffer_span(b), &q, &err), ERROR_MALFORMED,
		"TPM quote: begins with 0xff544347, 0x8017; a quote of a TPM with 0xff544347, "
		"0x8018",
		&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_claims_are_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paravisor_is_pinned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_selection, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bank, setup, teardown),
		cmocka_unit_test_setup_teardown(test_configuration_of_node, setup, teardown),
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy_needs_pcr_4, setup, teardown),
		cmocka_unit_test_setup_teardown(test_freshness, setup, teardown),
		cmocka_unit_test_setup_teardown(test_configuration, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tpm_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hcl_reports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tpm_messages, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
