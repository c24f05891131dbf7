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
	policy = tpm_disk_authorize_policy(&name);
	assert_hex(digest_span(&policy),
		   "479405924f073b456157657588911865308527f7db3f02cf25d41b3176a93032");
}

static void test_policies(void **state)
{
	struct tpm_pcrs pcrs = sample_pcrs(1), other = sample_pcrs(1);
	struct digest a = tpm_disk_approved_policy(&pcrs, 1), b;

	(void)state;
	assert_hex(digest_span(&a),
		   "bfd74cad76676be1a91bdc1dd24584333bf141c90e6a04f4816eb0545e048999");
	b = tpm_disk_pcr_policy(&pcrs);
	assert_hex(digest_span(&b),
		   "3e65f65ca3a8394f9b6c424c79af5ed8b30a1502eb6ea4717b9670caf0533550");
	b = tpm_disk_approved_policy(&pcrs, 2);
	assert_false(digest_equal(&a, &b));
	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		other.values[i][31] ^= 1;
		b = tpm_disk_approved_policy(&other, 1);
		assert_false(digest_equal(&a, &b));
		other.values[i][31] ^= 1;
	}
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
		cmocka_unit_test(test_counter_name),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_unmeasured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
