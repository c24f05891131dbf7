#include "test.h"

#include <openssl/err.h>

#include "base/secret.h"
#include "base/text.h"
#include "crypto/box.h"
#include "crypto/pem.h"
#include "crypto/rsa.h"
#include "crypto/x25519.h"
#include "sample_keys.h"

static void from_hex(const char *hex, uint8_t *ret)
{
	assert_true(hex_decode(span_string(hex), ret, 32));
}

/* RFC 7748, section 6.1: Bob's side. */
static void test_x25519_vector(void **state)
{
	struct x25519_private bob;
	struct x25519_public alice, public, expected_public;
	uint8_t shared[X25519_SIZE], expected[X25519_SIZE];
	struct error *err = NULL;

	(void)state;
	from_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", bob.bytes);
	from_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", alice.bytes);
	from_hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		 expected_public.bytes);
	from_hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", expected);
	assert_done(x25519_public_of(&bob, &public, &err), &err);
	assert_memory_equal(public.bytes, expected_public.bytes, X25519_SIZE);
	assert_done(x25519_agree(&bob, &alice, shared, &err), &err);
	assert_memory_equal(shared, expected, X25519_SIZE);
	memset(&alice, 0, sizeof alice);
	assert_failed(x25519_agree(&bob, &alice, shared, &err), ERROR_MALFORMED,
		      "the X25519 public key is of low order", &err);
}

/* The texts are those that openssl writes. */
static void test_x25519_pem(void **state)
{
	_cleanup_(secret_buffer_release) struct buffer text = BUFFER_INIT(PEM_MAX);
	struct x25519_private k;
	struct x25519_public p, p2;
	struct error *err = NULL;

	(void)state;
	assert_done(x25519_private_parse(span_string(sample_x25519_private), &k, &err), &err);
	assert_done(x25519_public_parse(span_string(sample_x25519_public), &p, &err), &err);
	assert_done(x25519_public_of(&k, &p2, &err), &err);
	assert_memory_equal(p.bytes, p2.bytes, X25519_SIZE);
	assert_done(x25519_private_write(&k, &text, &err), &err);
	assert_string_equal(buffer_text(&text), sample_x25519_private);
	text.n = 0;
	assert_done(x25519_public_write(&p, &text, &err), &err);
	assert_string_equal(buffer_text(&text), sample_x25519_public);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *rsa, *x25519;
	} cases[] = {
		{"", "no PEM block 'PUBLIC KEY'", "no PEM block 'PUBLIC KEY'"},
		{"hello\n", "no PEM block 'PUBLIC KEY'", "no PEM block 'PUBLIC KEY'"},
		{sample_rsa_private, "a private key where a public key belongs",
		 "a private key where a public key belongs"},
		{sample_x25519_public, "not an RSA key", NULL},
		{sample_ec_public, "not an RSA key", "not an X25519 key"},
		{sample_rsa_public, NULL, "not an X25519 key"},
		{sample_rsa_3072_public, NULL, "not an X25519 key"},
		{sample_rsa_1024_public, "an RSA key of 1024 bits: 2048 or 3072 are allowed",
		 "not an X25519 key"},
		{sample_rsa_exponent_3_public, "an RSA key whose exponent is not 65537",
		 "not an X25519 key"},
		{"-----BEGIN PUBLIC KEY-----\nMCowBQ\n-----END PUBLIC KEY-----\n",
		 "the PEM block 'PUBLIC KEY' is not base64",
		 "the PEM block 'PUBLIC KEY' is not base64"},
		{"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
		 "not a public key that libcrypto knows", "not an X25519 key"},
		{"-----BEGIN PUBLIC KEY-----\nMCow\n", "the PEM block 'PUBLIC KEY' has no end",
		 "the PEM block 'PUBLIC KEY' has no end"},
		{"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PRIVATE KEY-----\n",
		 "the PEM block ends as another", "the PEM block ends as another"},
		{"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\nx",
		 "text after the key", "text after the key"},
		{"-----BEGIN PUBLIC KEY-----\n"
		 "MCowBQYDK2VuAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		 "-----END PUBLIC KEY-----\n",
		 "not an RSA key", "the X25519 public key is of low order"},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct x25519_public x;
		struct rsa_public rsa;
		int r = rsa_public_parse(span_string(cases[i].text), &rsa, &err);

		if (cases[i].rsa)
			assert_failed(r, ERROR_MALFORMED, cases[i].rsa, &err);
		else
			assert_done(r, &err);
		r = x25519_public_parse(span_string(cases[i].text), &x, &err);
		if (cases[i].x25519)
			assert_failed(r, ERROR_MALFORMED, cases[i].x25519, &err);
		else
			assert_done(r, &err);
	}
}

/* A key that libcrypto takes, with a byte after it. */
static void put_with_more(const char *text, const char *label, struct buffer *ret)
{
	_cleanup_(buffer_release) struct buffer more = BUFFER_INIT(PEM_MAX);
	struct error *err = NULL;
	uint8_t *der = NULL;
	size_t n = 0;

	assert_done(pem_decode(span_string(text), label, &der, &n, &err), &err);
	buffer_put(&more, SPAN(der, n));
	buffer_put_u8(&more, 0);
	pem_free(der, n);
	pem_encode(label, buffer_span(&more), ret);
	assert_true(buffer_ok(ret));
}

static void test_with_more(void **state)
{
	_cleanup_(buffer_release) struct buffer public = BUFFER_INIT(PEM_MAX),
						private = BUFFER_INIT(PEM_MAX);
	struct rsa_private *k = NULL;
	struct rsa_public rsa;
	struct error *err = NULL;

	(void)state;
	put_with_more(sample_rsa_public, PEM_PUBLIC_KEY, &public);
	assert_failed(rsa_public_parse(buffer_span(&public), &rsa, &err), ERROR_MALFORMED,
		      "1 bytes after the key", &err);
	put_with_more(sample_rsa_private, PEM_PRIVATE_KEY, &private);
	assert_failed(rsa_private_parse(buffer_span(&private), &k, &err), ERROR_MALFORMED,
		      "1 bytes after the key", &err);
	assert_null(k);
}

/* What libcrypto noted would be taken for the reason of whatever fails next in this thread. */
static void test_leaves_no_reason(void **state)
{
	static const char nonsense[] = "-----BEGIN %s-----\nMAQCAQAA\n-----END %s-----\n";
	_cleanup_free_ char *public = string_printf(nonsense, PEM_PUBLIC_KEY, PEM_PUBLIC_KEY),
			    *private = string_printf(nonsense, PEM_PRIVATE_KEY, PEM_PRIVATE_KEY);
	const uint8_t signature[256] = {1};
	struct rsa_private *k = NULL;
	struct rsa_public rsa;
	struct error *err = NULL;

	(void)state;
	assert_failed(rsa_public_parse(span_string(public), &rsa, &err), ERROR_MALFORMED,
		      "not a public key that libcrypto knows", &err);
	assert_int_equal(ERR_peek_error(), 0);
	assert_failed(rsa_private_parse(span_string(private), &k, &err), ERROR_MALFORMED,
		      "not a private key that libcrypto knows", &err);
	assert_int_equal(ERR_peek_error(), 0);
	assert_done(rsa_public_parse(span_string(sample_rsa_public), &rsa, &err), &err);
	assert_failed(rsa_verify(&rsa, SPAN_LITERAL("message"), SPAN(signature, 256), &err),
		      ERROR_REFUSED, "the signature is not that of this key", &err);
	assert_int_equal(ERR_peek_error(), 0);
}

static void test_private_refused(void **state)
{
	static const char encrypted[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMCow\n"
					"-----END ENCRYPTED PRIVATE KEY-----\n";
	struct rsa_private *k = NULL;
	struct x25519_private x;
	struct error *err = NULL;

	(void)state;
	assert_failed(rsa_private_parse(span_string(encrypted), &k, &err), ERROR_MALFORMED,
		      "the private key is encrypted: give it decrypted", &err);
	assert_failed(rsa_private_parse(span_string(sample_rsa_public), &k, &err), ERROR_MALFORMED,
		      "no PEM block 'PRIVATE KEY'", &err);
	assert_failed(rsa_private_parse(span_string(sample_x25519_private), &k, &err),
		      ERROR_MALFORMED, "not an RSA key", &err);
	assert_failed(x25519_private_parse(span_string(sample_rsa_private), &x, &err),
		      ERROR_MALFORMED, "not an X25519 key", &err);
	assert_null(k);
}

static void test_sign(void **state)
{
	_cleanup_(rsa_private_freep) struct rsa_private *k = NULL;
	uint8_t signature[RSA_SIZE_MAX], again[RSA_SIZE_MAX];
	struct rsa_public public, other;
	struct error *err = NULL;

	(void)state;
	assert_done(rsa_private_parse(span_string(sample_rsa_private), &k, &err), &err);
	assert_done(rsa_public_parse(span_string(sample_rsa_public), &public, &err), &err);
	assert_done(rsa_public_parse(span_string(sample_rsa_3072_public), &other, &err), &err);
	assert_int_equal(public.size, 256);
	assert_int_equal(other.size, 384);
	assert_true(span_equal(rsa_modulus(&public), rsa_modulus(rsa_public_of(k))));
	assert_done(rsa_sign(k, SPAN_LITERAL("message"), signature, &err), &err);
	assert_done(rsa_sign(k, SPAN_LITERAL("message"), again, &err), &err);
	assert_memory_equal(signature, again, 256);
	assert_done(rsa_verify(&public, SPAN_LITERAL("message"), SPAN(signature, 256), &err), &err);
	assert_failed(rsa_verify(&public, SPAN_LITERAL("massage"), SPAN(signature, 256), &err),
		      ERROR_REFUSED, "the signature is not that of this key", &err);
	assert_failed(rsa_verify(&other, SPAN_LITERAL("message"), SPAN(signature, 256), &err),
		      ERROR_REFUSED, "the signature is not that of this key", &err);
	assert_failed(rsa_verify(&public, SPAN_LITERAL("message"), SPAN(signature, 255), &err),
		      ERROR_REFUSED, "the signature is not that of this key", &err);
	signature[100] ^= 1;
	assert_failed(rsa_verify(&public, SPAN_LITERAL("message"), SPAN(signature, 256), &err),
		      ERROR_REFUSED, "the signature is not that of this key", &err);
}

#define SHUT "the box does not open: another key, or it was changed"

static void test_box(void **state)
{
	static const uint8_t secret[BOX_SECRET_SIZE] = {1, [31] = 2};
	_cleanup_(x25519_erase) struct x25519_private k = {0}, other = {0};
	struct x25519_public public;
	uint8_t box[BOX_SIZE], box2[BOX_SIZE], got[BOX_SECRET_SIZE];
	struct span context = SPAN_LITERAL("disk");
	struct error *err = NULL;

	(void)state;
	assert_done(x25519_generate(&k, &err), &err);
	assert_done(x25519_generate(&other, &err), &err);
	assert_done(x25519_public_of(&k, &public, &err), &err);
	assert_done(box_seal(&public, context, secret, box, &err), &err);
	assert_done(box_seal(&public, context, secret, box2, &err), &err);
	assert_memory_not_equal(box, box2, sizeof box);
	assert_done(box_open(&k, context, box, got, &err), &err);
	assert_memory_equal(got, secret, sizeof got);

	memset(got, 0, sizeof got);
	assert_failed(box_open(&other, context, box, got, &err), ERROR_REFUSED, SHUT, &err);
	assert_failed(box_open(&k, SPAN_LITERAL("disc"), box, got, &err), ERROR_REFUSED, SHUT,
		      &err);
	assert_failed(box_open(&k, SPAN(NULL, 0), box, got, &err), ERROR_REFUSED, SHUT, &err);
	for (size_t i = 0; i < sizeof box; i++) {
		box[i] ^= 1;
		assert_int_equal(box_open(&k, context, box, got, NULL), -ERROR_REFUSED);
		box[i] ^= 1;
	}
	assert_true(span_is_zero(SPAN(got, sizeof got)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x25519_vector), cmocka_unit_test(test_x25519_pem),
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_private_refused),
		cmocka_unit_test(test_sign),	      cmocka_unit_test(test_box),
		cmocka_unit_test(test_with_more),     cmocka_unit_test(test_leaves_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
