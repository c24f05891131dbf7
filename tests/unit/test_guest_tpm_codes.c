#include "test.h"

#include <errno.h>

#include "guest/tpm/tpm_device.h"

static void test_codes(void **state)
{
	static const struct {
		TSS2_RC rc;
		TSS2_RC base;
		const char *message;
	} cases[] = {
		{0x100, 0x100, "the TPM cannot x: the firmware did not start it (0x100)"},
		{0x921, 0x921, "the TPM cannot x: locked out after wrong passwords (0x921)"},
		/* Of session 1, of handle 1, of parameter 1. */
		{0x99d, 0x9d, "the TPM cannot x: the policy does not hold (0x99d)"},
		{0x18b, 0x8b, "the TPM cannot x: there is no such object (0x18b)"},
		{0x1df, 0x9f, "the TPM cannot x: made by another TPM, or damaged (0x1df)"},
		/* Not of the TPM: an error of the same number in another layer. */
		{0xa000a, 0xa000a, "the TPM cannot x: the device does not answer (0xa000a)"},
		{0x70100, 0x70100, "the TPM cannot x (0x70100)"},
		{0x9ff, 0xbf, "the TPM cannot x (0x9ff)"},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(tpm_base_code(cases[i].rc), cases[i].base);
		assert_failed(tpm_failed(cases[i].rc, "x", &err), EIO, cases[i].message, &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
