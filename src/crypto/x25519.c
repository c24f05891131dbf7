#include "crypto/x25519.h"

#include <errno.h>
#include <openssl/evp.h>

#include "base/secret.h"
#include "crypto/pem.h"

DEFINE_FREEP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_FREEP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

/* Everything of the encodings of RFC 8410 but the key, which comes last. */
static const uint8_t private_prefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
					 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20};
static const uint8_t public_prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
					0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00};

#define PEM_TEXT_MAX 200u

void x25519_erase(struct x25519_private *k)
{
	explicit_bzero(k, sizeof *k);
}

static EVP_PKEY *private_key(const struct x25519_private *k)
{
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, k->bytes, X25519_SIZE);
}

static int failed(const char *what, struct error **err)
{
	return error_set(err, -EIO, "libcrypto cannot %s", what);
}

int x25519_generate(struct x25519_private *ret, struct error **err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	size_t n = X25519_SIZE;

	if (!key || EVP_PKEY_get_raw_private_key(key, ret->bytes, &n) != 1 || n != X25519_SIZE)
		return failed("make an X25519 key", err);
	return 0;
}

int x25519_public_of(const struct x25519_private *k, struct x25519_public *ret, struct error **err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = private_key(k);
	size_t n = X25519_SIZE;

	if (!key || EVP_PKEY_get_raw_public_key(key, ret->bytes, &n) != 1 || n != X25519_SIZE)
		return failed("compute an X25519 public key", err);
	return 0;
}

int x25519_agree(const struct x25519_private *k, const struct x25519_public *peer,
		 uint8_t ret[X25519_SIZE], struct error **err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = private_key(k);
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *other =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer->bytes, X25519_SIZE);
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *context =
		key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
	size_t n = X25519_SIZE;

	if (!other || !context || EVP_PKEY_derive_init(context) != 1 ||
	    EVP_PKEY_derive_set_peer(context, other) != 1)
		return failed("agree on an X25519 secret", err);
	/* A result of zero is an error of libcrypto: RFC 7748, section 6.1. */
	if (EVP_PKEY_derive(context, ret, &n) != 1 || n != X25519_SIZE) {
		explicit_bzero(ret, X25519_SIZE);
		return error_set(err, -ERROR_MALFORMED, "the X25519 public key is of low order");
	}
	return 0;
}

static int parse(struct span pem, const char *label, struct span prefix, uint8_t ret[X25519_SIZE],
		 struct error **err)
{
	uint8_t *der = NULL;
	size_t n = 0;
	int r = pem_decode(pem, label, &der, &n, err);

	if (r < 0)
		return r;
	if (n != prefix.n + X25519_SIZE || memcmp(der, prefix.p, prefix.n) != 0)
		r = error_set(err, -ERROR_MALFORMED, "not an X25519 key");
	else
		memcpy(ret, der + prefix.n, X25519_SIZE);
	pem_free(der, n);
	return r;
}

int x25519_private_parse(struct span pem, struct x25519_private *ret, struct error **err)
{
	return parse(pem, PEM_PRIVATE_KEY, SPAN(private_prefix, sizeof private_prefix), ret->bytes,
		     err);
}

int x25519_public_parse(struct span pem, struct x25519_public *ret, struct error **err)
{
	_cleanup_(x25519_erase) struct x25519_private probe;
	uint8_t shared[X25519_SIZE];
	struct x25519_public k;
	int r = parse(pem, PEM_PUBLIC_KEY, SPAN(public_prefix, sizeof public_prefix), k.bytes, err);

	if (r < 0)
		return r;
	/* Clamped, any private key is a multiple of the cofactor: it finds every key of low order. */
	memset(&probe, 1, sizeof probe);
	r = x25519_agree(&probe, &k, shared, err);
	if (r < 0)
		return r;
	*ret = k;
	return 0;
}

static int write_key(const char *label, struct span prefix, const uint8_t key[X25519_SIZE],
		     struct buffer *ret, struct error **err)
{
	uint8_t der[sizeof private_prefix + X25519_SIZE];
	size_t used = ret->n;

	memcpy(der, prefix.p, prefix.n);
	memcpy(der + prefix.n, key, X25519_SIZE);
	/* Room first: growing would leave a copy behind. */
	if (buffer_extend(ret, PEM_TEXT_MAX))
		ret->n = used;
	pem_encode(label, SPAN(der, prefix.n + X25519_SIZE), ret);
	explicit_bzero(der, sizeof der);
	return buffer_ok(ret) ? 0 : error_oom(err);
}

int x25519_private_write(const struct x25519_private *k, struct buffer *ret, struct error **err)
{
	return write_key(PEM_PRIVATE_KEY, SPAN(private_prefix, sizeof private_prefix), k->bytes,
			 ret, err);
}

int x25519_public_write(const struct x25519_public *k, struct buffer *ret, struct error **err)
{
	return write_key(PEM_PUBLIC_KEY, SPAN(public_prefix, sizeof public_prefix), k->bytes, ret,
			 err);
}
