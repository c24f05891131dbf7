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
		   "fbe5e9ec5fb9bf24a6715d1e15fa1022a4adaf1c3e878709f5070886f2a70b2c");
}

static void test_policies(void **state)
{
	struct tpm_pcrs pcrs = sample_pcrs(1), other = sample_pcrs(1);
	struct digest a = tpm_disk_approved_policy(&pcrs, 1), b;

	(void)state;
	assert_hex(digest_span(&a),
		   "6069ced9d5f3117e8986f72c684435c034a3b70d02f81c5185ba90b0c5606211");
	b = tpm_disk_pcr_policy(&pcrs);
	assert_hex(digest_span(&b),
		   "2e51c0bcfbe96c6e955531db307e21a58a0809d4ccf4c1ebca9d48871aaed5da");
	b = tpm_disk_approved_policy(&pcrs, 2);
	assert_false(digest_equal(&a, &b));
	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		other.values[i][31] ^= 1;
		b = tpm_disk_approved_policy(&other, 1);
		assert_false(digest_equal(&a, &b));
		other.values[i][31] ^= 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counter_name),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
