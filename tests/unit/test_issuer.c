#include "test.h"

#include "crypto/certificate.h"
#include "crypto/issuer.h"
#include "crypto/pem.h"

#define FROM 1700000000

/* Any odd number of this size is a modulus to whoever only writes it down. */
static void some_key(struct rsa_public *k)
{
	*k = (struct rsa_public){.size = 256};
	memset(k->modulus, 0xa5, k->size);
}

static void test_issue(void **state)
{
	_cleanup_(issuer_freep) struct issuer *i = NULL, *again = NULL, *other = NULL;
	_cleanup_(buffer_release) struct buffer key = BUFFER_INIT(PEM_MAX),
						root = BUFFER_INIT(PEM_MAX),
						root_2 = BUFFER_INIT(PEM_MAX),
						der = BUFFER_INIT(CERTIFICATE_MAX);
	_cleanup_(certificates_release) struct certificates roots = {0}, roots_2 = {0};
	_cleanup_(certificate_freep) struct certificate *c = NULL;
	const struct certificates none = {0};
	struct rsa_public given, read;
	struct span content;
	int64_t until = 0;

	(void)state;
	some_key(&given);
	assert_int_equal(issuer_new("an authority", FROM, &i, NULL), 0);
	assert_int_equal(issuer_write_key(i, &key, NULL), 0);
	assert_int_equal(issuer_write_certificate(i, &root, NULL), 0);
	assert_int_equal(issuer_parse(buffer_span(&key), buffer_span(&root), &again, NULL), 0);
	assert_int_equal(
		issuer_issue(again, ISSUER_TPM_ATTESTATION, "a key", &given, FROM, &der, NULL), 0);
	assert_int_equal(certificate_parse(buffer_span(&der), false, &c, NULL), 0);
	assert_int_equal(certificates_parse(buffer_span(&root), false, NULL, &roots, NULL), 0);
	assert_string_equal(certificate_name(c), "a key");
	assert_int_equal(certificate_not_before(c), FROM);
	assert_true(certificate_rsa(c, &read));
	assert_memory_equal(read.modulus, given.modulus, given.size);
	/* tcg-kp-AIKCertificate: 2.23.133.8.3 */
	assert_true(certificate_extension(c, "2.5.29.37", &content));
	assert_true(span_equal(content, SPAN_LITERAL("\x30\x07\x06\x05\x67\x81\x05\x08\x03")));
	assert_int_equal(certificate_check_path(c, &none, &roots, FROM + 1, &until, NULL), 0);
	assert_true(until > FROM);
	assert_int_equal(certificate_check_path(c, &none, &roots, FROM - 1, &until, NULL),
			 -ERROR_REFUSED);
	/* An authority of the same name is another one. */
	assert_int_equal(issuer_new("an authority", FROM, &other, NULL), 0);
	assert_int_equal(issuer_write_certificate(other, &root_2, NULL), 0);
	assert_int_equal(certificates_parse(buffer_span(&root_2), false, NULL, &roots_2, NULL), 0);
	assert_int_equal(certificate_check_path(c, &none, &roots_2, FROM + 1, &until, NULL),
			 -ERROR_REFUSED);
}

static void test_foreign_key(void **state)
{
	_cleanup_(issuer_freep) struct issuer *a = NULL, *b = NULL, *none = NULL;
	_cleanup_(buffer_release) struct buffer key = BUFFER_INIT(PEM_MAX),
						root = BUFFER_INIT(PEM_MAX);
	_cleanup_error_ struct error *err = NULL;

	(void)state;
	assert_int_equal(issuer_new("a", FROM, &a, NULL), 0);
	assert_int_equal(issuer_new("a", FROM, &b, NULL), 0);
	assert_int_equal(issuer_write_key(a, &key, NULL), 0);
	assert_int_equal(issuer_write_certificate(b, &root, NULL), 0);
	assert_int_equal(issuer_parse(buffer_span(&key), buffer_span(&root), &none, &err),
			 -ERROR_MALFORMED);
	assert_string_equal(error_message(err), "the key is not that of the certificate");
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_issue),
		cmocka_unit_test(test_foreign_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
