/*
 * Attestation results: what they claim of each kind of evidence, that they claim nothing that was not checked, and
 * their form.
 */
#include "attest_azure_world.h"

#include "attest/ear.h"

/* "status instance configuration executables hardware runtime" */
static char *vector_of(const struct verdict *v, unsigned kind)
{
	struct ear_vector c = ear_vector_of(v, kind);

	return string_printf("%s i%u c%u e%u h%u r%u", ear_status(v, &c, kind),
			     c.values[EAR_INSTANCE_IDENTITY], c.values[EAR_CONFIGURATION],
			     c.values[EAR_EXECUTABLES], c.values[EAR_HARDWARE],
			     c.values[EAR_RUNTIME_OPAQUE]);
}

/* Builds, judges, and releases the world. */
static void expect(struct world *w, const char *more, const char *wanted)
{
	struct verdict v = {0};
	struct error *err = NULL;
	char *said;

	world_build(w);
	assert_done(world_judge_at(w, more, WORLD_AT, &v, &err), &err);
	said = vector_of(&v, POLICY_TDX);
	assert_string_equal(said, wanted);
	free(said);
	verdict_release(&v);
	world_release(w);
}

#define X12(c) c c c c c c c c c c c c
#define X96(c) X12(c) X12(c) X12(c) X12(c)

static void test_quotes(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	expect(&w, "", "affirming i0 c0 e3 h2 r2");
	world_init(&w);
	expect(&w, ",\"mr_owner\":\"" X96("00") "\"", "affirming i2 c0 e3 h2 r2");
	world_init(&w);
	expect(&w, ",\"mr_owner\":\"" X96("01") "\"", "contraindicated i97 c0 e3 h2 r2");
	/* a quote of TDX 1.0 does not say whether a service TD is bound */
	world_init(&w);
	w.version = 4;
	w.type = TD_REPORT_1_0;
	expect(&w, "", "none i0 c0 e3 h2 r0");
	world_init(&w);
	w.td.mr_service_td[0] = 1;
	expect(&w, "", "contraindicated i0 c0 e3 h2 r96");
	world_init(&w);
	w.td.mr_service_td[0] = 1;
	expect(&w, ",\"service_td\":\"any\"", "warning i0 c0 e3 h2 r32");
	world_init(&w);
	w.td.td_attributes[0] = 1;
	expect(&w, "", "contraindicated i0 c0 e3 h2 r96");
	world_init(&w);
	w.td.td_attributes[0] = 1;
	expect(&w, ",\"debug\":true", "warning i0 c0 e3 h2 r32");
	/* what is not genuine claims nothing */
	world_init(&w);
	w.quote_by = WORLD_STRANGER;
	expect(&w, "", "contraindicated i0 c0 e0 h99 r0");
	world_init(&w);
	w.pck_revoked = true;
	expect(&w, "", "contraindicated i0 c0 e0 h96 r0");
	world_init(&w);
	w.until[WORLD_DATE_PCK_CRL] = WORLD_AT - 1;
	expect(&w, "", "contraindicated i0 c0 e0 h97 r0");
}

static void test_statuses(void **state)
{
	static const uint8_t tdx[16] = {2, 1, 4};
	char *level = world_level(5, 13, tdx, "OutOfDate");
	char *levels = string_printf("[%s]", level);
	struct world w;

	(void)state;
	world_init(&w);
	w.levels = levels;
	expect(&w, "", "contraindicated i0 c0 e3 h96 r0");
	world_init(&w);
	w.levels = levels;
	expect(&w, ",\"tcb_status\":[\"OutOfDate\"]", "warning i0 c0 e3 h32 r32");
	free(level);
	free(levels);
}

/* A policy of these registers, and nothing else. */
static void test_registers(void **state)
{
	static const struct {
		unsigned skip; /* MRTD is 0, RTMR0 1, ... */
		unsigned changed;
		const char *wanted;
	} cases[] = {
		{9, 9, "affirming i0 c0 e3 h2 r2"},
		/* ACPI tables of the host may have run anything */
		{1, 9, "none i0 c0 e0 h2 r2"},
		/* a policy that says nothing of the kernel */
		{2, 9, "contraindicated i0 c0 e0 h2 r2"},
		{9, 2, "contraindicated i0 c0 e33 h2 r2"},
	};
	struct world w;

	(void)state;
	world_init(&w);
	world_build(&w);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *pem = json_string(buffer_text(&w.root)), *registers = json_object();
		struct evidence e = {.kind = EVIDENCE_TDX};
		struct verdict v = {.at = WORLD_AT};
		struct policy p = {0};
		struct error *err = NULL;

		for (unsigned reg = 0; reg < 4; reg++) {
			char text[97], key[REGISTER_NAME_SIZE];
			const uint8_t *value = reg ? w.td.rtmr[reg - 1] : w.td.mr_td;

			hex_encode(SPAN(value, 48), text);
			if (reg == cases[i].changed)
				text[0] ^= 1;
			register_key(REGISTER_MRTD + reg, key);
			if (reg != cases[i].skip)
				json_object_set_new(registers, key, json_string(text));
		}

		json_t *root = json_pack("{s:i,s:o,s:o}", "tdnode_policy", 1, "intel_roots", pem,
					 "registers", registers);
		char *text = json_dumps(root, 0);

		assert_done(policy_add(&p, "policy", span_string(text), &err), &err);
		e.quote.max = WORLD_TEXT_MAX;
		buffer_put(&e.quote, buffer_span(&w.quote));
		assert_done(attest_judge(&e, &w.collateral, &p, &v, &err), &err);

		char *said = vector_of(&v, POLICY_TDX);

		assert_string_equal(said, cases[i].wanted);
		free(said);
		free(text);
		json_decref(root);
		evidence_release(&e);
		verdict_release(&v);
		policy_release(&p);
	}
	world_release(&w);
}

static struct azure_world a;

static void expect_azure(unsigned kind, bool bare, const char *more, const char *wanted)
{
	struct verdict v = {0};
	char *said;

	azure_judge(&a, bare, more, WORLD_AT, &v);
	said = vector_of(&v, kind);
	assert_string_equal(said, wanted);
	free(said);
	verdict_release(&v);
}

#define X32(c) X12(c) X12(c) c c c c c c c c
#define PCR(n) ",\"" #n "\":\"" X32("0" #n) "\""
#define FIRMWARE PCR(0) PCR(1) PCR(2) PCR(3) PCR(7)
#define IMAGE "\"4\":\"" X32("04") "\"" PCR(9) ",\"12\":\"" X32("0c") "\""
#define PARAVISOR                                                                        \
	"\"paravisor_mrtd\":[\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b" \
	"1c1d1e1f202122232425262728292a2b2c2d2e2f\"]"

static void test_azure(void **state)
{
	(void)state;
	azure_world_init(&a);
	azure_world_build(&a);
	/* firmware, drivers and Secure Boot are left open */
	expect_azure(POLICY_AZURE, false, "", "none i0 c0 e0 h2 r2");
	expect_azure(POLICY_AZURE, true,
		     ",\"registers\":{" IMAGE FIRMWARE "},\"azure\":{" PARAVISOR "}",
		     "affirming i0 c0 e3 h2 r2");
	expect_azure(POLICY_AZURE, true,
		     ",\"registers\":{" IMAGE FIRMWARE PCR(
			     8) "},\"azure\":{" PARAVISOR
				",\"secure_boot\":false,\"tpm_persisted\":true,"
				"\"vm_id\":\"8c85ce00-a0eb-497b-87ef-ca9609e6c757\"}",
		     "affirming i2 c2 e3 h2 r2");
	expect_azure(POLICY_AZURE, true,
		     ",\"registers\":{" IMAGE FIRMWARE PCR(8) "},\"azure\":{" PARAVISOR
							      ",\"vm_id\":\"another\"}",
		     "contraindicated i97 c0 e3 h2 r2");
	/* whoever holds the virtual TPM can say of its registers what he likes */
	expect_azure(POLICY_AZURE, true, ",\"registers\":{" IMAGE FIRMWARE "}",
		     "contraindicated i0 c0 e3 h2 r96");
	a.quoted = a.stranger;
	azure_world_build(&a);
	expect_azure(POLICY_AZURE, false, "", "contraindicated i0 c0 e99 h0 r0");
	azure_world_release(&a);
}

static void test_tpm_alone(void **state)
{
	(void)state;
	azure_world_init(&a);
	azure_world_build(&a);
	a.e.kind = EVIDENCE_TPM;
	azure_put_public(0x50072, a.ak, &a.e.tpm_public);
	expect_azure(POLICY_TPM, true,
		     ",\"without_confidentiality\":true,\"registers\":{" IMAGE FIRMWARE PCR(8) "}",
		     "warning i0 c2 e3 h0 r32");
	expect_azure(POLICY_TPM, true, ",\"registers\":{" IMAGE FIRMWARE "}",
		     "contraindicated i0 c0 e3 h0 r96");
	azure_put_public(0x40072, a.ak, &a.e.tpm_public);
	expect_azure(POLICY_TPM, true, ",\"registers\":{" IMAGE FIRMWARE "}",
		     "contraindicated i0 c0 e99 h0 r0");
	azure_world_release(&a);
}

/* The nonce is there only if the evidence is bound to it; the policy has a name. */
static void test_form(void **state)
{
	static const char data[] =
		",\"report_data\":"
		"\"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
		"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\"";
	struct ear_about about = {.kind = POLICY_TDX, .build = "test 1"};
	struct world w;

	(void)state;
	world_init(&w);
	world_build(&w);
	for (size_t i = 0; i < 3; i++) {
		struct buffer b = BUFFER_INIT(WORLD_TEXT_MAX);
		struct verdict v = {0};
		struct error *err = NULL;
		json_t *o, *item;

		/* good, of another nonce, of none */
		about.report_data.given = i < 2;
		memset(about.report_data.bytes, i == 0 ? 0x5a : 0x5b, 64);
		w.td.report_data[0] = i == 1 ? 0x5b : 0x5a;
		world_build(&w);
		assert_done(world_judge_at(&w, i < 2 ? data : "", WORLD_AT, &v, &err), &err);
		assert_done(ear_encode(&v, &about, NULL, &b, &err), &err);
		o = json_loadb((const char *)b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(o);
		assert_int_equal(!!json_object_get(o, "eat_nonce"), i == 0);
		if (i == 0) {
			assert_int_equal(json_string_length(json_object_get(o, "eat_nonce")), 86);
			assert_int_equal(json_integer_value(json_object_get(o, "iat")), WORLD_AT);
			assert_int_equal(json_integer_value(json_object_get(o, "exp")),
					 WORLD_AT + 20 * WORLD_DAY);
		}
		item = json_object_get(json_object_get(o, "submods"), "tdx");
		assert_non_null(json_object_get(item, "ear.tdnode.verdict"));
		assert_null(json_object_get(item, "ear.appraisal-policy-id"));
		json_decref(o);
		buffer_release(&b);
		verdict_release(&v);
	}
	world_release(&w);
}

/* A TPM whose quote is bound to the first half of the data says nothing of the whole. */
static void test_half_of_nonce(void **state)
{
	const struct ear_about about = {
		.kind = POLICY_AZURE, .build = "test 1", .report_data.given = true};

	(void)state;
	for (int half = 0; half < 2; half++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(WORLD_TEXT_MAX);
		_cleanup_(verdict_release) struct verdict v = {.evidence = strdup("test")};
		struct error *err = NULL;

		verdict_good(&v, VERDICT_IDENTITY, "report_data", "bound");
		if (half)
			verdict_open(&v, VERDICT_IDENTITY, "tpm_nonce_half", "half");
		verdict_good(&v, VERDICT_IDENTITY, "tpm_nonce", "bound");
		assert_done(ear_encode(&v, &about, NULL, &b, &err), &err);
		assert_int_equal(!!strstr(buffer_text(&b), "eat_nonce"), !half);
	}
}

/* Of one document its digest; of several all, and their order. */
static void test_name_of_policy(void **state)
{
	static const char build[] = "{\"measurements\":{\"4\":{\"expected\":\"" X32("00") "\"}}}";
	const char *own = "{\"tdnode_policy\":1}";
	struct digest one = digest_bytes(DIGEST_SHA256, span_string(own));
	struct policy p = {0}, q = {0}, same = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(policy_add(&p, "own", span_string(own), &err), &err);
	assert_true(digest_equal(&p.id, &one));
	assert_done(policy_add(&p, "build", span_string(build), &err), &err);
	assert_done(policy_add(&q, "build", span_string(build), &err), &err);
	assert_done(policy_add(&q, "own", span_string(own), &err), &err);
	assert_done(policy_add(&same, "x", span_string(own), &err), &err);
	assert_done(policy_add(&same, "y", span_string(build), &err), &err);
	assert_false(digest_equal(&p.id, &one));
	assert_false(digest_equal(&p.id, &q.id));
	assert_true(digest_equal(&p.id, &same.id));
	policy_release(&p);
	policy_release(&q);
	policy_release(&same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quotes),	      cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_registers),     cmocka_unit_test(test_azure),
		cmocka_unit_test(test_tpm_alone),     cmocka_unit_test(test_form),
		cmocka_unit_test(test_half_of_nonce), cmocka_unit_test(test_name_of_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
