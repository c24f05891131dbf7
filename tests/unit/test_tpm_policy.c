#include "test.h"

#include "formats/tpm_policy.h"
#include "sample_keys.h"

/* Registers of bytes `v`. */
static struct tpm_pcrs sample_pcrs(uint8_t v)
{
	struct tpm_pcrs pcrs;

	memset(&pcrs, v, sizeof pcrs);
	return pcrs;
}

static void assert_hex(struct span got, const char *expected)
{
	_cleanup_free_ char *hex = hex_string(got);

	assert_string_equal(hex, expected);
}

/* Values that a TPM computes, too: tests/oracle/tpm-policy asks one. */
static void test_counter_name(void **state)
{
	struct tpm_name name = tpm_counter_name();
	_cleanup_free_ char *hex = hex_string(SPAN(name.bytes, sizeof name.bytes));

	(void)state;
	assert_string_equal(hex,
			    "000b4660ebe126f885e158784d97b36a73c3aee0020e32e801f74be605244d023be2");
}

static void test_key(void **state)
{
	struct rsa_public key;
	struct tpm_name name;
	struct digest policy;

	(void)state;
	assert_int_equal(rsa_public_parse(span_string(sample_rsa_public), &key, NULL), 0);
	assert_int_equal(tpm_policy_key_name(&key, &name, NULL), 0);
	assert_hex(SPAN(name.bytes, sizeof name.bytes),
		   "000bca191deed2a4a36eaf63fa7a7f0d5d5b96b0eb62694a216712d965a176768d6c");
	policy = tpm_disk_authorize_policy(&name, SPAN_LITERAL(TPM_POLICY_REF));
	assert_hex(digest_span(&policy),
		   "479405924f073b456157657588911865308527f7db3f02cf25d41b3176a93032");
}

static void test_policies(void **state)
{
	struct tpm_pcrs pcrs = sample_pcrs(1), other = sample_pcrs(1);
	const struct tpm_name object = {{0x00, 0x0b, 1}};
	struct digest a = tpm_disk_approved_policy(&pcrs, TPM_PCRS_ALL, 1, NULL), b;

	(void)state;
	assert_hex(digest_span(&a),
		   "bfd74cad76676be1a91bdc1dd24584333bf141c90e6a04f4816eb0545e048999");
	b = tpm_disk_pcr_policy(&pcrs);
	assert_hex(digest_span(&b),
		   "3e65f65ca3a8394f9b6c424c79af5ed8b30a1502eb6ea4717b9670caf0533550");
	b = tpm_disk_approved_policy(&pcrs, TPM_PCRS_ALL, 2, NULL);
	assert_false(digest_equal(&a, &b));
	b = tpm_disk_approved_policy(&pcrs, TPM_PCRS_FEW, 1, NULL);
	assert_hex(digest_span(&b),
		   "6069ced9d5f3117e8986f72c684435c034a3b70d02f81c5185ba90b0c5606211");
	b = tpm_disk_approved_policy(&pcrs, TPM_PCRS_ALL, 1, &object);
	assert_hex(digest_span(&b),
		   "d1c913f685ebecf46189c8cf5f3e44c42ea94e52623e5270dfce000191d83b38");
	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		other.values[i][31] ^= 1;
		b = tpm_disk_approved_policy(&other, TPM_PCRS_ALL, 1, NULL);
		assert_false(digest_equal(&a, &b));
		other.values[i][31] ^= 1;
	}
}

/* The name of a secret is taken of such an object alone, under the right policy. */
static void test_sealed_name(void **state)
{
	struct digest policy = {.algorithm = DIGEST_SHA256, .bytes = {1, 2, 3}};
	uint8_t public[80] = {0, 78, 0, 8, 0, 0x0b, 0, 0, 0x04, 0x92, 0, 32, 1, 2, 3};
	struct tpm_name name;
	struct digest d;
	struct error *err = NULL;

	(void)state;
	public[45] = 0x10; /* TPM_ALG_NULL */
	public[47] = 32;
	memset(public + 48, 7, 32);
	assert_done(tpm_sealed_name(SPAN(public, sizeof public), &policy, &name, &err), &err);
	d = digest_bytes(DIGEST_SHA256, SPAN(public + 2, sizeof public - 2));
	assert_memory_equal(name.bytes, "\0\x0b", 2);
	assert_memory_equal(name.bytes + 2, d.bytes, TPM_DIGEST_SIZE);
	for (size_t i = 0; i < 48; i++) {
		public[i] ^= 1;
		assert_failed(tpm_sealed_name(SPAN(public, sizeof public), &policy, &name, &err),
			      ERROR_MALFORMED, "the sealed secret is not one under this policy",
			      &err);
		public[i] ^= 1;
	}
	for (size_t n = 0; n < sizeof public; n++)
		assert_failed(tpm_sealed_name(SPAN(public, n), &policy, &name, &err),
			      ERROR_MALFORMED, "the sealed secret is not one under this policy",
			      &err);
}

/* Every register but PCR 12 is extended in a boot that somebody measured. */
static void test_unmeasured(void **state)
{
	struct tpm_pcrs pcrs = sample_pcrs(1);

	(void)state;
	assert_int_equal(tpm_pcrs_unmeasured(&pcrs), -1);
	assert_int_equal(tpm_policy_index(5), TPM_POLICY_PCRS);
	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		pcrs = sample_pcrs(1);
		memset(pcrs.values[i], 0, TPM_DIGEST_SIZE);
		assert_int_equal(tpm_policy_index(tpm_policy_pcrs[i]), i);
		assert_int_equal(tpm_pcrs_unmeasured(&pcrs),
				 tpm_policy_pcrs[i] == 12 ? -1 : (int)tpm_policy_pcrs[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counter_name), cmocka_unit_test(test_key),
		cmocka_unit_test(test_policies),     cmocka_unit_test(test_sealed_name),
		cmocka_unit_test(test_unmeasured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
