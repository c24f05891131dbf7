#include "attest_world.h"

#include "formats/pck.h"
#include "formats/quote.h"

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	world_build(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_release(&w);
	return 0;
}

/* With other bytes at `at`, what is said. */
static void expect_with(size_t at, struct span bytes, int code, const char *wanted)
{
	_cleanup_free_ uint8_t *copy = malloc(w.quote.n);
	struct error *err = NULL;
	struct quote q;

	memcpy(copy, w.quote.p, w.quote.n);
	memcpy(copy + at, bytes.p, bytes.n);
	assert_failed(quote_parse(SPAN(copy, w.quote.n), &q, &err), code, wanted, &err);
}

static void test_fields(void **state)
{
	struct error *err = NULL;
	struct quote q;

	(void)state;
	assert_true(quote_is(buffer_span(&w.quote)));
	assert_done(quote_parse(buffer_span(&w.quote), &q, &err), &err);
	assert_int_equal(q.version, 5);
	assert_int_equal(q.type, TD_REPORT_1_5);
	assert_memory_equal(&q.td, &w.td, TD_REPORT_1_5_SIZE);
	assert_memory_equal(&q.qe, &w.qe, sizeof w.qe);
	assert_int_equal(q.signed_bytes.n, 48 + 6 + TD_REPORT_1_5_SIZE);
	assert_int_equal(q.qe_auth.n, 32);
	assert_int_equal(q.certification_type, QUOTE_CERTIFICATION_PCK_CHAIN);
	assert_int_equal(q.certification.p[0], '-');
}

static void test_kinds(void **state)
{
	(void)state;
	expect_with(0, SPAN("\x03", 1), ERROR_UNSUPPORTED, "quote: version 3: 4 and 5 are read");
	expect_with(2, SPAN("\x03", 1), ERROR_UNSUPPORTED,
		    "quote: attestation key of type 3: 2 (ECDSA P-256) is read");
	expect_with(4, SPAN("\0", 1), ERROR_UNSUPPORTED, "quote: TEE type 0x0: 0x81 (TDX) is read");
	expect_with(12, SPAN("\0", 1), ERROR_UNSUPPORTED,
		    "quote: not of a quoting enclave of Intel");
	expect_with(48, SPAN("\x01", 1), ERROR_UNSUPPORTED,
		    "quote: body of type 1: 2, 3 and 4 are of TDX");
	expect_with(48, SPAN("\x02", 1), ERROR_MALFORMED,
		    "quote: body of type 2 has 648 bytes, not 584");
	expect_with(50, SPAN("\x89", 1), ERROR_MALFORMED,
		    "quote: body of type 3 has 649 bytes, not 648");
	expect_with(
		54 + 648 + 4 + 128, SPAN("\x05", 1), ERROR_UNSUPPORTED,
		"quote: certification data of type 5: 6 (report of the quoting enclave) is read");
	expect_with(54 + 648 + 4 + 128 + 6 + 384 + 64 + 2 + 32, SPAN("\x06", 1), ERROR_UNSUPPORTED,
		    "quote: certification data of type 6: 1 to 5 are read");
}

/* Every size has to be that of what follows. */
static void test_sizes(void **state)
{
	size_t signature = 54 + 648, outer = signature + 4 + 128 + 2, auth = outer + 4 + 384 + 64,
	       inner = auth + 2 + 32 + 2;
	uint8_t byte[2];

	(void)state;
	byte[0] = (uint8_t)(w.quote.p[outer] + 1);
	expect_with(outer, SPAN(byte, 1), ERROR_MALFORMED,
		    "quote: the size of the certification data is not that of what follows");
	byte[0] = (uint8_t)(w.quote.p[inner] - 1);
	expect_with(inner, SPAN(byte, 1), ERROR_MALFORMED,
		    "quote: the size of the certification data is not that of what follows");
	expect_with(auth, SPAN("\x21", 1), ERROR_MALFORMED,
		    "quote: the size of the certification data is not that of what follows");
	expect_with(auth, SPAN("\xff\xff", 2), ERROR_MALFORMED,
		    "quote: the report of the quoting enclave is cut off");
	expect_with(signature, SPAN("\xff\xff\xff\xff", 4), ERROR_MALFORMED,
		    "quote: the signature is cut off");
	expect_with(signature, SPAN("\x40\0\0\0", 4), ERROR_MALFORMED,
		    "quote: bytes after it that are not zero");
}

static void test_largest(void **state)
{
	_cleanup_free_ uint8_t *large = calloc(1, QUOTE_MAX + 1);
	struct error *err = NULL;
	struct quote q;

	(void)state;
	memcpy(large, w.quote.p, w.quote.n);
	assert_done(quote_parse(SPAN(large, QUOTE_MAX), &q, &err), &err);
	assert_failed(quote_parse(SPAN(large, QUOTE_MAX + 1), &q, &err), ERROR_MALFORMED,
		      "quote: 65537 bytes, more than 65536", &err);
}

static void test_pck_extension(void **state)
{
	struct buffer der = BUFFER_INIT(WORLD_TEXT_MAX);
	struct pck_extension e;
	struct error *err = NULL;

	(void)state;
	w.configured = true;
	w.pck_svn[15] = 200;
	w.pce_svn = 40000;
	world_sgx_extension(&w, &der);
	assert_done(pck_extension_parse(buffer_span(&der), &e, &err), &err);
	assert_memory_equal(e.svn, w.pck_svn, 16);
	assert_int_equal(e.pce_svn, 40000);
	assert_memory_equal(e.fmspc, w.fmspc, 6);
	assert_int_equal(e.dynamic_platform, PCK_FLAG_YES);
	assert_int_equal(e.cached_keys, PCK_FLAG_YES);
	assert_int_equal(e.smt_enabled, PCK_FLAG_NO);
	for (size_t n = 0; n < der.n; n++)
		assert_true(pck_extension_parse(SPAN(der.p, n), &e, NULL) < 0);
	buffer_put_u8(&der, 0);
	assert_failed(pck_extension_parse(buffer_span(&der), &e, &err), ERROR_MALFORMED,
		      "SGX extension: not a list", &err);
	buffer_release(&der);
}

static void test_bad_pck_extension(void **state)
{
	struct buffer members = BUFFER_INIT(WORLD_TEXT_MAX), der = BUFFER_INIT(WORLD_TEXT_MAX);
	struct pck_extension e;
	struct error *err = NULL;

	(void)state;
	world_sgx_member(&members, SPAN("\x03", 1), 0x04, SPAN("\0\0", 2));
	world_der(&der, 0x30, buffer_span(&members));
	assert_failed(pck_extension_parse(buffer_span(&der), &e, &err), ERROR_MALFORMED,
		      "SGX extension: PPID, TCB, PCEID, FMSPC or type is missing", &err);
	world_sgx_member(&members, SPAN("\x03", 1), 0x04, SPAN("\0\0", 2));
	buffer_release(&der);
	der = (struct buffer)BUFFER_INIT(WORLD_TEXT_MAX);
	world_der(&der, 0x30, buffer_span(&members));
	assert_failed(pck_extension_parse(buffer_span(&der), &e, &err), ERROR_MALFORMED,
		      "SGX extension: member 3 is there twice", &err);
	buffer_release(&members);
	buffer_release(&der);
	members = (struct buffer)BUFFER_INIT(WORLD_TEXT_MAX);
	der = (struct buffer)BUFFER_INIT(WORLD_TEXT_MAX);
	world_sgx_member(&members, SPAN("\x04", 1), 0x04, SPAN("\0\0", 2));
	world_der(&der, 0x30, buffer_span(&members));
	assert_failed(pck_extension_parse(buffer_span(&der), &e, &err), ERROR_MALFORMED,
		      "SGX extension: member 4 cannot be read", &err);
	buffer_release(&members);
	buffer_release(&der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_largest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pck_extension, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_pck_extension, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
