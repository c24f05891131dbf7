#include "test.h"

#include "base/text.h"
#include "crypto/hkdf.h"

/* RFC 5869, appendix A. */
static void test_rfc(void **state)
{
	static const struct {
		const char *key, *salt, *info, *okm;
	} cases[] = {
		{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
		 "f0f1f2f3f4f5f6f7f8f9",
		 "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185"
		 "865"},
		{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
		 "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a9"
		 "6c8"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t key[22], salt[13], info[10], okm[42];
		size_t salt_n = strlen(cases[i].salt) / 2, info_n = strlen(cases[i].info) / 2;
		struct error *err = NULL;
		_cleanup_free_ char *hex = NULL;

		assert_true(hex_decode(span_string(cases[i].key), key, sizeof key));
		assert_true(hex_decode(span_string(cases[i].salt), salt, salt_n));
		assert_true(hex_decode(span_string(cases[i].info), info, info_n));
		assert_done(hkdf_sha256(SPAN(key, sizeof key), SPAN(salt, salt_n),
					SPAN(info, info_n), okm, sizeof okm, &err),
			    &err);
		hex = hex_string(SPAN(okm, sizeof okm));
		assert_string_equal(hex, cases[i].okm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
