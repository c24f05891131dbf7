#include "crypto/ed25519.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>

DEFINE_FREEP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_FREEP(EVP_MD_CTX *, EVP_MD_CTX_free)

void ed25519_erase(struct ed25519_private *k)
{
	explicit_bzero(k, sizeof *k);
}

static EVP_PKEY *private_key(const struct ed25519_private *k)
{
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, k->seed, ED25519_KEY_SIZE);
}

int ed25519_public_of(const struct ed25519_private *k, struct ed25519_public *ret,
		      struct error **err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = private_key(k);
	size_t n = ED25519_KEY_SIZE;

	if (!key || EVP_PKEY_get_raw_public_key(key, ret->bytes, &n) != 1 || n != ED25519_KEY_SIZE)
		return error_set(err, -EIO, "libcrypto cannot compute an Ed25519 public key");
	return 0;
}

int ed25519_sign(const struct ed25519_private *k, struct span message,
		 uint8_t ret[ED25519_SIGNATURE_SIZE], struct error **err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = private_key(k);
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = ED25519_SIGNATURE_SIZE;
	bool good = key && c && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(c, ret, &n, message.p, message.n) == 1 &&
		    n == ED25519_SIGNATURE_SIZE;

	ERR_clear_error();
	return good ? 0 : error_set(err, -EIO, "libcrypto cannot sign with the key");
}

int ed25519_verify(const struct ed25519_public *k, struct span message,
		   const uint8_t signature[ED25519_SIGNATURE_SIZE], struct error **err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->bytes, ED25519_KEY_SIZE);
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (!key || !c)
		return error_oom(err);

	bool good =
		EVP_DigestVerifyInit(c, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(c, signature, ED25519_SIGNATURE_SIZE, message.p, message.n) == 1;

	ERR_clear_error();
	return good ? 0 : error_set(err, -ERROR_REFUSED, "the signature is not that of the key");
}
