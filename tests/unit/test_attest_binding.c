/*
 * Evidence that names a key, a configuration and claims: it says something of them only if it is bound to them.
 * What a policy wants of key, configuration and instance.
 */
#include "attest_azure_world.h"

#include "formats/binding.h"

#define X4(c) c c c c
#define X16(c) X4(c) X4(c) X4(c) X4(c)
#define X32(c) X16(c) X16(c)

static struct azure_world a;
static struct evidence_binding bound;

static int setup(void **state)
{
	(void)state;
	azure_world_init(&a);
	bound = (struct evidence_binding){.given = true, .purpose = BINDING_EVIDENCE};
	memset(bound.nonce, 1, sizeof bound.nonce);
	memset(bound.key, 0x11, sizeof bound.key);
	bound.config.max = bound.claims.max = 4096;
	buffer_put_string(&bound.config, "HOSTNAME=node-1\n");
	buffer_put_string(&bound.claims, "image=devnet\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buffer_release(&bound.config);
	buffer_release(&bound.claims);
	a.e.binding = (struct evidence_binding){0};
	azure_world_release(&a);
	return 0;
}

/* Judges evidence of a TPM alone that is bound to `bound`, and says `a.e.binding`. */
static void build_tpm(void)
{
	static uint8_t nonce[BINDING_SIZE];

	assert_true(evidence_binding_digest(&bound, nonce));
	a.nonce = SPAN(nonce, sizeof nonce);
	azure_world_build(&a);
	a.e.kind = EVIDENCE_TPM;
	azure_put_public(0x50072, a.ak, &a.e.tpm_public);
	a.e.binding = bound;
}

static void expect(const char *more, const char *wanted)
{
	char *policy = string_printf(
		",\"without_confidentiality\":true,\"registers\":{\"4\":\"" X32("04") "\"}%s",
		more);
	char *said = azure_judged(&a, true, policy, WORLD_AT);

	assert_string_equal(said, wanted);
	free(said);
	free(policy);
}

#define NOT_BOUND                                                                             \
	"identity: binding: the evidence is not bound to the key, the configuration and the " \
	"claims that it names"

static void test_each_part(void **state)
{
	uint8_t *parts[] = {a.e.binding.nonce, a.e.binding.key};

	(void)state;
	build_tpm();
	expect("", "good");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		parts[i][31] ^= 1;
		expect("", NOT_BOUND);
		parts[i][31] ^= 1;
	}
	bound.config.p[0] ^= 1;
	expect("", NOT_BOUND);
	bound.config.p[0] ^= 1;
	bound.claims.p[0] ^= 1;
	expect("", NOT_BOUND);
	bound.claims.p[0] ^= 1;
	/* the same for another purpose is something else */
	a.e.binding.purpose = BINDING_CHANNEL;
	a.e.binding.has_exporter = true;
	expect("", NOT_BOUND);
}

static void test_tls_key(void **state)
{
	(void)state;
	build_tpm();
	expect(",\"tls_key\":\"" X32("11") "\"", "good");
	expect(",\"tls_key\":[\"" X32("22") "\",\"" X32("11") "\"]", "good");
	expect(",\"tls_key\":\"" X32("22") "\"",
	       "identity: tls_key: none of the 1 that are accepted: " X32("11") ", wanted: " X32(
		       "22"));
	/* of a connection whose exporter nobody wrote down: the key is what it says */
	a.e.binding.purpose = BINDING_CHANNEL;
	expect("", "good");
	expect(",\"tls_key\":\"" X32("11") "\"",
	       "identity: tls_key: the evidence is not bound to a key that it names");
	a.e.binding = (struct evidence_binding){0};
	expect(",\"tls_key\":\"" X32("11") "\"",
	       "identity: tls_key: the evidence is not bound to a key that it names");
}

/* Held against what libcrypto makes of the key. */
static void test_instance(void **state)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(a.ak, &der);
	struct digest d = digest_bytes(DIGEST_SHA256, SPAN(der, n));
	char hex[DIGEST_HEX_MAX];
	char *more, *wanted;

	(void)state;
	OPENSSL_free(der);
	digest_hex(&d, hex);
	build_tpm();
	more = string_printf(",\"instance\":\"%s\"", hex);
	wanted =
		string_printf("identity: instance: none of the 1 that are accepted: %s, wanted: %s",
			      hex, X32("22"));
	expect(more, "good");
	expect(",\"instance\":\"" X32("22") "\"", wanted);
	free(more);
	free(wanted);
}

static void expect_quote(const char *more, bool is_bound, const char *wanted)
{
	struct evidence e = {.kind = EVIDENCE_TDX, .binding = bound};
	struct verdict v = {.at = WORLD_AT};
	struct policy p = {0};
	struct error *err = NULL;
	char *said;
	int r;

	assert_true(evidence_binding_digest(&bound, a.w.td.report_data));
	a.w.td.report_data[0] ^= !is_bound;
	world_build(&a.w);
	world_policy(&a.w, more, &p);
	e.quote = a.w.quote;
	r = attest_judge(&e, &a.w.collateral, &p, &v, &err);
	said = attest_said(r, &v, err);
	assert_string_equal(said, wanted);
	free(said);
	policy_release(&p);
}

/* No register of a TDX module has the configuration: what the measured service says counts, if it is bound. */
static void test_quotes(void **state)
{
	struct digest d = digest_bytes(DIGEST_SHA256, buffer_span(&bound.config));
	char hex[DIGEST_HEX_MAX];
	char *config, *wanted;

	(void)state;
	digest_hex(&d, hex);
	config = string_printf(",\"config\":[\"" X32("22") "\",\"%s\"]", hex);
	wanted = string_printf("identity: configuration: the service says another configuration: "
			       "%s, wanted: " X32("22"),
			       hex);
	expect_quote(config, true, "good");
	expect_quote(config, false,
		     "identity: configuration: the evidence does not say how the node is "
		     "configured");
	expect_quote(",\"config\":\"" X32("22") "\"", true, wanted);
	expect_quote(",\"tls_key\":\"" X32("11") "\"", true, "good");
	expect_quote("", false, NOT_BOUND);
	expect_quote(",\"instance\":\"" X32("11") "\"", true,
		     "identity: instance: evidence without a TPM does not say which machine it is "
		     "of");
	free(config);
	free(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_part, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tls_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_instance, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quotes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
