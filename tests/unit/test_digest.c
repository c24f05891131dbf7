#include "test.h"

#include "base/file.h"
#include "crypto/digest.h"

/* FIPS 180-4 examples for "abc". */
static const struct {
	enum digest_algorithm algorithm;
	const char *hex;
} abc[] = {
	{DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{DIGEST_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
			"8086072ba1e7cc2358baeca134c825a7"},
	{DIGEST_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(abc); i++) {
		struct digest d = digest_bytes(abc[i].algorithm, SPAN_LITERAL("abc")), parsed;
		_cleanup_(digest_stream_freep) struct digest_stream *s =
			digest_stream_new(abc[i].algorithm);
		char hex[DIGEST_HEX_MAX];

		digest_hex(&d, hex);
		assert_string_equal(hex, abc[i].hex);
		assert_true(digest_parse(abc[i].algorithm, abc[i].hex, &parsed));
		assert_true(digest_equal(&d, &parsed));
		/* Twice, for the stream starts anew after its end. */
		for (unsigned round = 0; round < 2; round++) {
			digest_stream_add(s, SPAN_LITERAL("a"));
			digest_stream_add(s, SPAN_LITERAL("bc"));
			parsed = digest_stream_end(s);
			assert_true(digest_equal(&d, &parsed));
		}
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(digest_name(DIGEST_SHA384), "sha384");
	assert_int_equal(digest_size(DIGEST_SHA512), 64);
}

static void test_differs(void **state)
{
	struct digest a = digest_bytes(DIGEST_SHA256, SPAN_LITERAL("a"));
	struct digest b = a;

	(void)state;
	b.bytes[31] ^= 1;
	assert_false(digest_equal(&a, &b));
	b = a;
	b.algorithm = DIGEST_SHA1;
	assert_false(digest_equal(&a, &b));
	assert_false(digest_parse(DIGEST_SHA256, "abcd", &b));
}

static void test_file(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "f");
	struct error *err = NULL;
	struct digest d, expected = digest_bytes(DIGEST_SHA256, SPAN_LITERAL("abc"));
	uint64_t size = 0;

	(void)state;
	assert_done(file_write(path, SPAN_LITERAL("abc"), &err), &err);
	assert_done(digest_file(path, DIGEST_SHA256, &d, &size, &err), &err);
	assert_true(digest_equal(&d, &expected));
	assert_int_equal(size, 3);
	test_folder_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_differs),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
