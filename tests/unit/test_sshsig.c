#include "test.h"

#include <errno.h>

#include "base/text.h"
#include "crypto/ed25519.h"
#include "formats/dsse.h"
#include "formats/ssh_key.h"
#include "formats/sshsig.h"

/* RFC 8032, 7.1, test 2. */
static const struct ed25519_private rfc_key = {{0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda,
						0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
						0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24,
						0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb}};
static const char rfc_public[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
static const char rfc_signature[] =
	"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

static void signs_as_the_rfc(void **state)
{
	uint8_t signature[ED25519_SIGNATURE_SIZE];
	struct ed25519_public key;
	struct error *err = NULL;
	char hex[2 * sizeof signature + 1];

	(void)state;
	assert_done(ed25519_public_of(&rfc_key, &key, &err), &err);
	hex_encode(SPAN(key.bytes, sizeof key.bytes), hex);
	assert_string_equal(hex, rfc_public);
	assert_done(ed25519_sign(&rfc_key, SPAN_LITERAL("\x72"), signature, &err), &err);
	hex_encode(SPAN(signature, sizeof signature), hex);
	assert_string_equal(hex, rfc_signature);
	assert_done(ed25519_verify(&key, SPAN_LITERAL("\x72"), signature, &err), &err);
	signature[40] ^= 1;
	assert_failed(ed25519_verify(&key, SPAN_LITERAL("\x72"), signature, &err), ERROR_REFUSED,
		      "the signature is not that of the key", &err);
}

/* A private key as ssh-keygen lays it out: `seed` need not be that of the public half. */
static void put_private(const struct ed25519_public *key, const struct ed25519_private *seed,
			const char *cipher, struct buffer *ret)
{
	_cleanup_(buffer_release) struct buffer blob = BUFFER_INIT(1024), part = BUFFER_INIT(1024),
						both = BUFFER_INIT(1024),
						public = BUFFER_INIT(1024);

	ssh_public_put(&public, key);
	buffer_put(&both, SPAN(seed->seed, ED25519_KEY_SIZE));
	buffer_put(&both, SPAN(key->bytes, ED25519_KEY_SIZE));
	buffer_put_be32(&part, 7);
	buffer_put_be32(&part, 7);
	buffer_put(&part, buffer_span(&public));
	ssh_put_string(&part, buffer_span(&both));
	ssh_put_string(&part, SPAN_LITERAL("me"));
	for (uint8_t i = 1; part.n % 8; i++)
		buffer_put_u8(&part, i);
	buffer_put(&blob, SPAN("openssh-key-v1", 15));
	ssh_put_string(&blob, span_string(cipher));
	ssh_put_string(&blob, SPAN_LITERAL("none"));
	ssh_put_string(&blob, (struct span){0});
	buffer_put_be32(&blob, 1);
	ssh_put_string(&blob, buffer_span(&public));
	ssh_put_string(&blob, buffer_span(&part));
	ssh_armor(ret, "OPENSSH PRIVATE KEY", buffer_span(&blob));
}

static void private_keys(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SSH_KEY_MAX),
						encrypted = BUFFER_INIT(SSH_KEY_MAX),
						halves = BUFFER_INIT(SSH_KEY_MAX);
	struct ed25519_private other = rfc_key, k;
	struct ed25519_public key;
	char fingerprint[SSH_FINGERPRINT_SIZE];
	struct error *err = NULL;

	(void)state;
	assert_done(ed25519_public_of(&rfc_key, &key, &err), &err);
	put_private(&key, &rfc_key, "none", &text);
	assert_done(ssh_private_parse(buffer_span(&text), &k, &err), &err);
	assert_memory_equal(k.seed, rfc_key.seed, ED25519_KEY_SIZE);
	assert_true(ssh_fingerprint(&key, fingerprint));
	assert_int_equal(strlen(fingerprint), strlen("SHA256:") + 43);
	other.seed[0] ^= 1;
	put_private(&key, &other, "none", &halves);
	assert_failed(ssh_private_parse(buffer_span(&halves), &k, &err), ERROR_MALFORMED,
		      "the public half is that of another key", &err);
	put_private(&key, &rfc_key, "aes256-ctr", &encrypted);
	assert_int_equal(ssh_private_parse(buffer_span(&encrypted), &k, NULL), -ERROR_UNSUPPORTED);
	for (size_t n = 0; n < text.n - 1; n++)
		assert_true(ssh_private_parse(SPAN(text.p, n), &k, NULL) < 0);
}

static void make(const char *namespace, const char *message, struct buffer *ret)
{
	struct error *err = NULL;

	assert_done(sshsig_make(&rfc_key, namespace, span_string(message), ret, &err), &err);
}

static void round_trip(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SSH_KEY_MAX);
	struct error *err = NULL;
	struct sshsig s;

	(void)state;
	make("a", "hello", &text);
	assert_done(sshsig_parse(buffer_span(&text), &s, &err), &err);
	assert_string_equal(s.namespace, "a");
	assert_int_equal(s.algorithm, DIGEST_SHA512);
	assert_done(sshsig_verify(&s, "a", SPAN_LITERAL("hello"), &err), &err);
	assert_failed(sshsig_verify(&s, "a", SPAN_LITERAL("hellp"), &err), ERROR_REFUSED,
		      "the signature is not that of the key", &err);
	assert_failed(sshsig_verify(&s, "b", SPAN_LITERAL("hello"), &err), ERROR_REFUSED,
		      "the signature was made for another purpose than 'b'", &err);
	/* What is signed names the hash, so that another one cannot be claimed. */
	s.algorithm = DIGEST_SHA256;
	assert_int_equal(sshsig_verify(&s, "a", SPAN_LITERAL("hello"), NULL), -ERROR_REFUSED);
}

/* No byte of a signature can be another. */
static void every_byte_counts(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SSH_KEY_MAX);
	uint8_t *bytes = NULL;
	size_t n;
	struct error *err = NULL;

	(void)state;
	make("tdnode-release", "x", &text);
	assert_done(ssh_unarmor(buffer_span(&text), "SSH SIGNATURE", &bytes, &n, &err), &err);
	for (size_t i = 0; i < n; i++) {
		_cleanup_(buffer_release) struct buffer changed = BUFFER_INIT(SSH_KEY_MAX);
		struct sshsig s;

		bytes[i] ^= 0x01;
		ssh_armor(&changed, "SSH SIGNATURE", SPAN(bytes, n));
		bytes[i] ^= 0x01;
		assert_true(sshsig_parse(buffer_span(&changed), &s, NULL) < 0 ||
			    sshsig_verify(&s, "tdnode-release", SPAN_LITERAL("x"), NULL) < 0);
	}
	free(bytes);
}

#define KEY_LINE "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM"
#define OTHER_LINE \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYN"

static void signers(void **state)
{
	static const struct {
		const char *file, *identity, *name; /* NULL: refused */
		int code;
	} cases[] = {
		{"me " KEY_LINE, NULL, "me", 0},
		{"  me\t" KEY_LINE " comment \r\n", "me", "me", 0},
		{"a,me " KEY_LINE, "me", "a,me", 0},
		{"a,men " KEY_LINE, "me", NULL, ERROR_REFUSED},
		{"me " OTHER_LINE "\nyou " KEY_LINE, NULL, "you", 0},
		{"me ssh-rsa AAAA\nme " KEY_LINE, NULL, "me", 0},
		{"me namespaces=\"n\" " KEY_LINE, NULL, "me", 0},
		{"me NameSpaces=\"m,n\",valid-after=\"20200101\" " KEY_LINE, NULL, "me", 0},
		{"me namespaces=\"m\" " KEY_LINE "\nme " KEY_LINE, NULL, "me", 0},
		{"me namespaces=\"m\" " KEY_LINE, NULL, NULL, ERROR_REFUSED},
		{"me namespaces=\"\" " KEY_LINE, NULL, NULL, ERROR_REFUSED},
		{"me namespaces=n " KEY_LINE, NULL, "me", 0},
		{"me valid-before=\"20270115080000Z\" " KEY_LINE, NULL, NULL, ERROR_REFUSED},
		{"me valid-before=\"20270115080001Z\" " KEY_LINE, NULL, "me", 0},
		{"me valid-after=\"20270115080000Z\" " KEY_LINE, NULL, "me", 0},
		{"me valid-after=\"202701150801\" " KEY_LINE, NULL, NULL, ERROR_REFUSED},
		{"me valid-after=\"20271301\" " KEY_LINE, NULL, NULL, ERROR_MALFORMED},
		{"me cert-authority " KEY_LINE, NULL, NULL, ERROR_REFUSED},
		{"me what " KEY_LINE, NULL, NULL, ERROR_UNSUPPORTED},
		{"m* " KEY_LINE, "me", NULL, ERROR_UNSUPPORTED},
		{"!me " KEY_LINE, "me", NULL, ERROR_UNSUPPORTED},
		{"me", NULL, NULL, ERROR_UNSUPPORTED},
		{"", NULL, NULL, ERROR_REFUSED},
	};
	struct ed25519_public key;
	struct error *err = NULL;

	(void)state;
	assert_done(ed25519_public_of(&rfc_key, &key, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* 2027-01-15T08:00:00Z. */
		const struct allowed_signer_query q = {&key, "n", cases[i].identity, 1800000000};
		char name[SIGNER_NAME_MAX] = "";

		assert_int_equal(allowed_signer_find(span_string(cases[i].file), &q, name, NULL),
				 -cases[i].code);
		if (cases[i].name)
			assert_string_equal(name, cases[i].name);
	}
}

/* The example of DSSE's protocol has another type of key; the encoding is the same. */
static void statements_are_encoded_as_dsse_says(void **state)
{
	static const char encoding[] = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(DSSE_MAX);
	uint8_t signature[ED25519_SIGNATURE_SIZE];
	struct error *err = NULL;

	(void)state;
	assert_done(dsse_sign(&rfc_key, "http://example.com/HelloWorld",
			      SPAN_LITERAL("hello world"), &text, &err),
		    &err);
	assert_done(ed25519_sign(&rfc_key, SPAN_LITERAL(encoding), signature, &err), &err);

	_cleanup_free_ char *sig = base64_string(SPAN(signature, sizeof signature));

	assert_non_null(strstr(buffer_text(&text), sig));
	assert_non_null(strstr(buffer_text(&text), "\"aGVsbG8gd29ybGQ=\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_the_rfc),
		cmocka_unit_test(private_keys),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(signers),
		cmocka_unit_test(statements_are_encoded_as_dsse_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
