#include "test.h"

#include "base/text.h"
#include "formats/recovery_medium.h"

static const uint8_t secret[RECOVERY_SECRET_SIZE] = {1, 2, 3, [31] = 32};

static void test_round(void **state)
{
	uint8_t sector[RECOVERY_MEDIUM_SECTOR], got[RECOVERY_SECRET_SIZE];
	struct error *err = NULL;

	(void)state;
	recovery_medium_encode(secret, sector);
	assert_true(recovery_medium_recognise(SPAN(sector, sizeof sector)));
	assert_done(recovery_medium_parse(SPAN(sector, sizeof sector), got, &err), &err);
	assert_memory_equal(got, secret, sizeof got);
	/* The layout that guests of other versions read, too. */
	assert_memory_equal(sector, "TDNODE-RECOVERY\0\1\2\3\0", 20);
	assert_int_equal(sector[16 + 31], 32);
	assert_true(span_is_zero(SPAN(sector + 80, sizeof sector - 80)));
}

static void test_refused(void **state)
{
	uint8_t sector[RECOVERY_MEDIUM_SECTOR], got[RECOVERY_SECRET_SIZE];
	struct error *err = NULL;

	(void)state;
	recovery_medium_encode(secret, sector);
	assert_failed(recovery_medium_parse(SPAN(sector, 511), got, &err), ERROR_MALFORMED,
		      "511 bytes are not a sector", &err);
	sector[3] ^= 1;
	assert_failed(recovery_medium_parse(SPAN(sector, sizeof sector), got, &err),
		      ERROR_MALFORMED, "not a recovery medium", &err);
	sector[3] ^= 1;
	/* Each byte of secret and digest counts. */
	for (size_t i = 16; i < 80; i++) {
		sector[i] ^= 1;
		assert_failed(recovery_medium_parse(SPAN(sector, sizeof sector), got, &err),
			      ERROR_MALFORMED,
			      "the recovery medium is damaged: its digest does not fit", &err);
		sector[i] ^= 1;
	}
	sector[511] = 1;
	assert_failed(recovery_medium_parse(SPAN(sector, sizeof sector), got, &err),
		      ERROR_MALFORMED, "the recovery medium is damaged: data where zeros belong",
		      &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
