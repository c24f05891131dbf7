#include "test.h"

#include "formats/beacon.h"

#define ROOT_A "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ROOT_B "0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define FINALIZED(epoch, root) \
	"{\"data\":{\"finalized\":{\"epoch\":" epoch ",\"root\":\"" root "\"}}}"

static void reads_answers(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{\"data\":null}",
		FINALIZED("7", ROOT_A),
		FINALIZED("\"-7\"", ROOT_A),
		FINALIZED("\"7\"", "0x12"),
	};
	_cleanup_error_ struct error *err = NULL;
	uint8_t network[BEACON_ROOT_SIZE];
	struct beacon_checkpoint c;

	(void)state;
	assert_done(beacon_finalized_parse(SPAN_LITERAL(FINALIZED("\"7\"", ROOT_B)), &c, &err),
		    &err);
	assert_int_equal(c.epoch, 7);
	assert_int_equal(c.root[0], 0xbb);
	assert_done(beacon_genesis_parse(
			    SPAN_LITERAL("{\"data\":{\"genesis_validators_root\":\"" ROOT_A "\"}}"),
			    network, &err),
		    &err);
	assert_int_equal(network[0], 0xaa);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_failed(beacon_finalized_parse(span_string(bad[i]), &c, &err),
			      ERROR_MALFORMED, "it names no finalised block", &err);
		assert_failed(beacon_genesis_parse(span_string(bad[i]), network, &err),
			      ERROR_MALFORMED, "it names no network", &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
