#include "test.h"

#include <errno.h>

#include "base/text.h"
#include "formats/pgp_armor.h"

#define BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
#define END "-----END PGP PUBLIC KEY BLOCK-----\n"

static void test_blocks(void **state)
{
	static const struct {
		const char *text, *bytes;
	} cases[] = {
		{BEGIN "\naGVs\nbG8=\n=njUN\n" END, "hello"},
		{"from: somebody\r\n-----BEGIN PGP PUBLIC KEY BLOCK-----\r\nVersion: x\r\n\r\naGVs"
		 "bG8=\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n",
		 "hello"},
		{BEGIN "\nYQ==\n" END "between\n" BEGIN "Comment: two\n\nYg==\n" END, "ab"},
		{"\x99 bytes of a key", "\x99 bytes of a key"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);
		struct error *err = NULL;

		assert_done(pgp_public_keys(span_string(cases[i].text), &b, &err), &err);
		assert_string_equal(buffer_text(&b), cases[i].bytes);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} cases[] = {
		{"", ERROR_MALFORMED, "no PGP public key in it"},
		{"hello\n", ERROR_MALFORMED, "no PGP public key in it"},
		{BEGIN "\nYQ==\n", ERROR_MALFORMED, "a PGP block that does not end"},
		{BEGIN "YQ==\n" END, ERROR_MALFORMED,
		 "a PGP block without an empty line before its data"},
		{BEGIN "\nY Q==\n" END, ERROR_MALFORMED, "a PGP block that is no base64"},
		{BEGIN "\n" END, ERROR_MALFORMED, "a PGP block that is no base64"},
		{"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nYQ==\n", ERROR_REFUSED,
		 "a private key where a public key belongs"},
		/* Packets of a private key: old format and new, key and subkey. */
		{"\x95", ERROR_REFUSED, "a private key where a public key belongs"},
		{"\xc5", ERROR_REFUSED, "a private key where a public key belongs"},
		{"\x9d", ERROR_REFUSED, "a private key where a public key belongs"},
		{BEGIN "\nYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\n" END, EFBIG,
		 "more than 20 bytes of keys"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(20);
		struct error *err = NULL;

		assert_failed(pgp_public_keys(span_string(cases[i].text), &b, &err), cases[i].code,
			      cases[i].message, &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
