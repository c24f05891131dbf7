#include "crypto/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/p256_key.h"

DEFINE_FREEP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_FREEP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_FREEP(EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_FREEP(ECDSA_SIG *, ECDSA_SIG_free)

/* A signature in DER: two integers of 33 bytes at most. */
#define DER_MAX 80

/* Looks the curve up, which takes several times as long as to copy what another key knows of it. */
static EVP_PKEY *key_of_curve(uint8_t point[1 + P256_SIZE])
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c =
		EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char group[] = "P-256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + P256_SIZE),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *key = NULL;

	if (!c || EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		return NULL;
	return key;
}

EVP_PKEY *p256_public_key(const EVP_PKEY *like, const uint8_t xy[P256_SIZE])
{
	uint8_t point[1 + P256_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;

	memcpy(point + 1, xy, P256_SIZE);
	if (!like)
		return key_of_curve(point);
	key = EVP_PKEY_new();
	if (!key || EVP_PKEY_copy_parameters(key, like) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(key, point, sizeof point) != 1)
		return NULL;
	return TAKE_PTR(key);
}

/* Size of the DER form; 0 if there is none. */
static size_t der_signature(const uint8_t signature[P256_SIZE], uint8_t ret[DER_MAX])
{
	_cleanup_(ECDSA_SIG_freep) ECDSA_SIG *s = ECDSA_SIG_new();
	BIGNUM *r_part = BN_bin2bn(signature, P256_SIZE / 2, NULL);
	BIGNUM *s_part = BN_bin2bn(signature + P256_SIZE / 2, P256_SIZE / 2, NULL);
	unsigned char *p = ret;

	if (!s || !r_part || !s_part || ECDSA_SIG_set0(s, r_part, s_part) != 1) {
		BN_free(r_part);
		BN_free(s_part);
		return 0;
	}

	int n = i2d_ECDSA_SIG(s, NULL);

	return n > 0 && n <= DER_MAX && i2d_ECDSA_SIG(s, &p) == n ? (size_t)n : 0;
}

bool p256_key_verify_der(EVP_PKEY *key, struct span message, struct span signature)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();

	return c && EVP_DigestVerifyInit_ex(c, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
	       EVP_DigestVerify(c, signature.p, signature.n, message.p, message.n) == 1;
}

int p256_key_verify(EVP_PKEY *key, struct span message, const uint8_t signature[P256_SIZE],
		    struct error **err)
{
	uint8_t der[DER_MAX];
	size_t n = der_signature(signature, der);
	bool good;

	if (n == 0)
		return error_oom(err);
	good = p256_key_verify_der(key, message, SPAN(der, n));
	ERR_clear_error();
	return good ? 0 : error_set(err, -ERROR_REFUSED, "the signature is not that of this key");
}

int p256_verify(const EVP_PKEY *like, const struct p256_public *k, struct span message,
		const uint8_t signature[P256_SIZE], struct error **err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = p256_public_key(like, k->point);

	ERR_clear_error();
	return key ? p256_key_verify(key, message, signature, err)
		   : error_set(err, -ERROR_REFUSED, "the key is no point of the curve P-256");
}
