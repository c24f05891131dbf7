#include "crypto/p256_private.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "crypto/p256_key.h"
#include "crypto/private_key.h"

DEFINE_FREEP(EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_FREEP(ECDSA_SIG *, ECDSA_SIG_free)

/* A signature in DER: two integers of 33 bytes at most. */
#define DER_MAX 80

struct p256_private {
	EVP_PKEY *key;
};

void p256_private_free(struct p256_private *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->key);
	free(k);
}

int p256_private_parse(struct span pem, struct p256_private **ret, struct error **err)
{
	_cleanup_(p256_private_freep) struct p256_private *k = calloc(1, sizeof *k);
	int r = k ? private_key_parse(pem, &k->key, err) : error_oom(err);
	char group[32] = "";
	size_t n;

	if (r >= 0 && (EVP_PKEY_get_group_name(k->key, group, sizeof group, &n) != 1 ||
		       !string_equal(group, "prime256v1")))
		r = error_set(err, -ERROR_UNSUPPORTED, "not a key of the curve P-256");
	ERR_clear_error();
	if (r >= 0)
		*ret = TAKE_PTR(k);
	return r;
}

/* Two integers of DER as 32 bytes each. */
static bool raw_signature(const uint8_t *der, size_t n, uint8_t ret[P256_SIZE])
{
	const unsigned char *p = der;
	_cleanup_(ECDSA_SIG_freep) ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)n);
	const int half = P256_SIZE / 2;

	return s && BN_bn2binpad(ECDSA_SIG_get0_r(s), ret, half) == half &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(s), ret + half, half) == half;
}

int p256_sign(const struct p256_private *k, struct span message, uint8_t ret[P256_SIZE],
	      struct error **err)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t der[DER_MAX];
	size_t n = sizeof der;
	bool good = c && EVP_DigestSignInit_ex(c, NULL, "SHA256", NULL, NULL, k->key, NULL) == 1 &&
		    EVP_DigestSign(c, der, &n, message.p, message.n) == 1 &&
		    raw_signature(der, n, ret);

	ERR_clear_error();
	if (!good)
		return error_set(err, -ENOMEM, "libcrypto cannot sign with the key");
	/* A key whose parts do not fit together, or a fault while computing. */
	return p256_key_verify(k->key, message, ret, err);
}
