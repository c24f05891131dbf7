/*
 * Commands of a TPM byte by byte (swtpm takes them: oracle/attest-service), and what is made of answers, also of
 * those of a TPM that lies.
 */
#include "test.h"

#include "base/text.h"
#include "formats/tpm_command.h"

static void assert_bytes(const struct buffer *b, const char *hex)
{
	_cleanup_free_ char *text = hex_string(buffer_span(b));

	assert_true(buffer_ok(b));
	assert_string_equal(text, hex);
}

static void test_commands(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(TPM_COMMAND_MAX);

	(void)state;
	tpm_put_pcr_read(&b, 0xffffff);
	assert_bytes(&b, "8001000000140000017e00000001000b03ffffff");
	b.n = 0;
	tpm_put_quote(&b, 0x81000003, SPAN_LITERAL("nonce"), 1u << 4 | 1u << 9);
	assert_bytes(&b, "8002000000300000015881000003"
			 "00000009400000090000000000"
			 "00056e6f6e6365"
			 "0014000b"
			 "00000001000b03100200");
	b.n = 0;
	tpm_put_read_public(&b, 0x81000003);
	assert_bytes(&b, "80010000000e0000017381000003");
	b.n = 0;
	tpm_put_index_read_public(&b, 0x01c101d0);
	assert_bytes(&b, "80010000000e0000016901c101d0");
	b.n = 0;
	tpm_put_index_read(&b, 0x01c101d0, true, 512, 1024);
	assert_bytes(&b, "8002000000230000014e4000000101c101d0"
			 "00000009400000090000000000"
			 "02000400");
	b.n = 0;
	tpm_put_index_read(&b, 0x01c101d0, false, 1, 0);
	assert_bytes(&b, "8002000000230000014e01c101d001c101d0"
			 "00000009400000090000000000"
			 "00010000");
	b.n = 0;
	tpm_put_index_define(&b, 0x01400002, 64);
	assert_bytes(&b, "80020000002d0000012a40000001"
			 "00000009400000090000000000"
			 "0000"
			 "000e01400002000b0002000200000040");
	b.n = 0;
	tpm_put_index_write(&b, 0x01400002, SPAN_LITERAL("ab"));
	assert_bytes(&b, "800200000025000001374000000101400002"
			 "00000009400000090000000000"
			 "00026162"
			 "0000");
}

/* The bytes of hexadecimal text, in a buffer of the caller. */
static struct span bytes_of(const char *hex, struct buffer *b)
{
	size_t n = strlen(hex) / 2;
	uint8_t *p;

	b->n = 0;
	p = buffer_extend(b, n);
	assert_true(p && hex_decode(span_string(hex), p, n));
	return buffer_span(b);
}

static void test_responses(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(TPM_RESPONSE_MAX);
	struct tpm_response response;
	struct error *err = NULL;
	size_t n;

	(void)state;
	assert_done(tpm_response_parse(bytes_of("80010000000c00000000abcd", &b), &response, &err),
		    &err);
	assert_int_equal(response.parameters.n, 2);
	assert_done(tpm_response_parse(bytes_of("8002000000130000000000000002abcd"
						"000001",
						&b),
				       &response, &err),
		    &err);
	assert_int_equal(response.parameters.n, 2);
	assert_int_equal(response.parameters.p[0], 0xab);
	assert_done(tpm_response_parse(bytes_of("80010000000a0000018b", &b), &response, &err),
		    &err);
	assert_int_equal(response.code, TPM_RESPONSE_HANDLE);
	assert_failed(tpm_response_parse(bytes_of("80010000000b00000000", &b), &response, &err),
		      ERROR_MALFORMED, "the TPM's answer: no header of a response", &err);
	assert_failed(tpm_response_parse(bytes_of("80030000000a00000000", &b), &response, &err),
		      ERROR_MALFORMED, "the TPM's answer: no header of a response", &err);
	assert_failed(tpm_response_parse(bytes_of("80020000000f00000000000000"
						  "02ab",
						  &b),
					 &response, &err),
		      ERROR_MALFORMED, "the TPM's answer: its parameters are cut off", &err);
	assert_failed(tpm_response_size((const uint8_t *)"\x80\1\0\0\0\x9\0\0\0\0", &n, &err),
		      ERROR_MALFORMED, "the TPM's answer: 9 bytes", &err);
	assert_failed(tpm_response_size((const uint8_t *)"\x80\1\0\0\x10\1\0\0\0\0", &n, &err),
		      ERROR_MALFORMED, "the TPM's answer: 4097 bytes", &err);
}

#define VALUE "0020aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_registers(void **state)
{
	static const struct {
		const char *hex, *message;
	} bad[] = {
		/* two selections, another bank, register 24, too few values, a short one, more */
		{"0000000100000002000b03100000000b0302000000000001" VALUE,
		 "the TPM's answer: no registers of the SHA-256 bank"},
		{"0000000100000001000c0310000000000001" VALUE,
		 "the TPM's answer: no registers of the SHA-256 bank"},
		{"0000000100000001000b040000000100000001" VALUE,
		 "the TPM's answer: no registers of the SHA-256 bank"},
		{"0000000100000001000b0310020000000001" VALUE,
		 "the TPM's answer: not a value for each register"},
		{"0000000100000001000b03100000000000010014aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "the TPM's answer: a register that has not 32 bytes"},
		{"0000000100000001000b0310000000000001" VALUE "00",
		 "the TPM's answer: more than the registers"},
	};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(TPM_RESPONSE_MAX);
	struct tpm_pcr_values values;
	struct error *err = NULL;

	(void)state;
	assert_done(
		tpm_pcr_read_parse(bytes_of("0000000100000001000b0310020000000002" VALUE VALUE, &b),
				   &values, &err),
		&err);
	assert_int_equal(values.registers, 1u << 4 | 1u << 9);
	assert_int_equal(values.values[4][31], 0xaa);
	assert_int_equal(values.values[9][0], 0xaa);
	assert_int_equal(values.values[5][0], 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_failed(tpm_pcr_read_parse(bytes_of(bad[i].hex, &b), &values, &err),
			      ERROR_MALFORMED, bad[i].message, &err);
}

static void test_parts(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(TPM_RESPONSE_MAX);
	struct span message, signature;
	struct tpm_index index;
	struct error *err = NULL;

	(void)state;
	assert_done(
		tpm_quote_parse(bytes_of("0002abcd0014000b0001ef", &b), &message, &signature, &err),
		&err);
	assert_int_equal(message.n, 2);
	assert_int_equal(signature.p[0], 0xef);
	/* RSAPSS; SHA-384; cut off; more */
	static const char *const bad[] = {"0002abcd0016000b0001ef", "0002abcd0014000c0001ef",
					  "0002abcd0014000b0002ef", "0002abcd0014000b0001ef00"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_failed(tpm_quote_parse(bytes_of(bad[i], &b), &message, &signature, &err),
			      ERROR_MALFORMED,
			      "the TPM's answer: no quote signed by RSASSA with SHA-256", &err);
	assert_done(tpm_read_public_parse(bytes_of("0001aa0000"
						   "0000",
						   &b),
					  &message, &err),
		    &err);
	assert_int_equal(message.n, 1);
	assert_done(tpm_index_read_public_parse(bytes_of("000e01c101d0000b0006000600000640"
							 "0000",
							 &b),
						&index, &err),
		    &err);
	assert_int_equal(index.size, 1600);
	assert_true(index.by_owner);
	assert_failed(tpm_index_read_public_parse(bytes_of("000e01c101d0000b000600060000ffff"
							   "0000",
							   &b),
						  &index, &err),
		      ERROR_MALFORMED, "the TPM's answer: no public part of an index", &err);
	assert_failed(tpm_index_read_parse(bytes_of("0002ab", &b), &message, &err), ERROR_MALFORMED,
		      "the TPM's answer: no content of an index", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
