#include "test.h"

#include "guest/disk/creation_data.h"
#include "guest/disk/tpm.h"

/* What a TPM notes of these values of the registers. */
static struct creation_data noted(const struct tpm_pcrs *pcrs, uint32_t registers)
{
	struct digest d = tpm_pcrs_digest(pcrs, registers);
	struct creation_data c = {.data = {.pcrSelect = tpm_selection(registers),
					   .pcrDigest = {.size = TPM_DIGEST_SIZE}}};

	memcpy(c.data.pcrDigest.buffer, d.bytes, TPM_DIGEST_SIZE);
	return c;
}

static void judges_registers(void **state)
{
	const uint32_t wanted = TPM_PCRS_ALL;
	struct tpm_pcrs pcrs = {.values = {{1}, {2}}};
	struct creation_data c = noted(&pcrs, TPM_PCRS_ALL);
	struct error *err = NULL;

	(void)state;
	assert_done(creation_data_check(&c, wanted, &pcrs, &err), &err);
	pcrs.values[TPM_POLICY_PCRS - 1][TPM_DIGEST_SIZE - 1] ^= 1;
	assert_failed(creation_data_check(&c, wanted, &pcrs, &err), ERROR_REFUSED,
		      "the TPM noted other values of the registers", &err);
	c = noted(&pcrs, TPM_PCRS_ALL);
	c.data.pcrDigest.size--;
	assert_failed(creation_data_check(&c, wanted, &pcrs, &err), ERROR_REFUSED,
		      "the TPM noted other values of the registers", &err);
	/* A register less, another bank, a second bank. */
	c = noted(&pcrs, TPM_PCRS_ALL);
	c.data.pcrSelect.pcrSelections[0].pcrSelect[0] ^= 1u << 4;
	assert_failed(creation_data_check(&c, wanted, &pcrs, &err), ERROR_REFUSED,
		      "the TPM noted other registers", &err);
	c = noted(&pcrs, TPM_PCRS_ALL);
	c.data.pcrSelect.pcrSelections[0].hash = TPM2_ALG_SHA1;
	assert_failed(creation_data_check(&c, wanted, &pcrs, &err), ERROR_REFUSED,
		      "the TPM noted other registers", &err);
	c = noted(&pcrs, TPM_PCRS_ALL);
	c.data.pcrSelect.count = 2;
	assert_failed(creation_data_check(&c, wanted, &pcrs, &err), ERROR_REFUSED,
		      "the TPM noted other registers", &err);
}

/* The TPM noted four registers: the others may be any, and as all nine they do not count. */
static void judges_few_registers(void **state)
{
	struct tpm_pcrs pcrs = {.values = {{1}, {2}}};
	struct creation_data c = noted(&pcrs, TPM_PCRS_FEW);
	struct error *err = NULL;

	(void)state;
	assert_failed(creation_data_check(&c, TPM_PCRS_ALL, &pcrs, &err), ERROR_REFUSED,
		      "the TPM noted other registers", &err);
	pcrs.values[tpm_policy_index(7)][0] ^= 1;
	assert_done(creation_data_check(&c, TPM_PCRS_FEW, &pcrs, &err), &err);
	pcrs.values[tpm_policy_index(12)][0] ^= 1;
	assert_failed(creation_data_check(&c, TPM_PCRS_FEW, &pcrs, &err), ERROR_REFUSED,
		      "the TPM noted other values of the registers", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_registers),
		cmocka_unit_test(judges_few_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
