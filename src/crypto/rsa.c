#include "crypto/rsa.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/pem.h"
#include "crypto/rsa_key.h"

#define EXPONENT 65537u

DEFINE_FREEP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_FREEP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_FREEP(EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_FREEP(BIGNUM *, BN_free)
DEFINE_FREEP(OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_FREEP(OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)

static int failed(const char *what, struct error **err)
{
	ERR_clear_error();
	return error_set(err, -EIO, "libcrypto cannot %s", what);
}

int rsa_public_part(const EVP_PKEY *key, struct rsa_public *ret, struct error **err)
{
	_cleanup_(BN_freep) BIGNUM *n = NULL, *e = NULL;
	struct rsa_public public = {0};
	int bits;

	if (!EVP_PKEY_is_a(key, "RSA"))
		return error_set(err, -ERROR_MALFORMED, "not an RSA key");
	bits = EVP_PKEY_get_bits(key);
	if (bits != 2048 && bits != 3072)
		return error_set(err, -ERROR_MALFORMED,
				 "an RSA key of %d bits: 2048 or 3072 are allowed", bits);
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return failed("read an RSA key", err);
	if (!BN_is_word(e, EXPONENT))
		return error_set(err, -ERROR_MALFORMED, "an RSA key whose exponent is not %u",
				 EXPONENT);
	public.size = (size_t)bits / 8;
	if (!BN_is_odd(n) || BN_bn2binpad(n, public.modulus, (int)public.size) < 0)
		return error_set(err, -ERROR_MALFORMED, "the modulus of the RSA key is even");
	*ret = public;
	return 0;
}

int rsa_public_parse(struct span pem, struct rsa_public *ret, struct error **err)
{
	uint8_t *der = NULL;
	size_t n = 0;
	int r = pem_decode(pem, PEM_PUBLIC_KEY, &der, &n, err);

	if (r < 0)
		return r;

	const unsigned char *p = der;
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)n);

	if (!key)
		r = error_set(err, -ERROR_MALFORMED, "not a public key that libcrypto knows");
	else if (p != der + n)
		r = error_set(err, -ERROR_MALFORMED, "%td bytes after the key", der + n - p);
	else
		r = rsa_public_part(key, ret, err);
	pem_free(der, n);
	ERR_clear_error();
	return r;
}

EVP_PKEY *rsa_public_key(const struct rsa_public *k)
{
	_cleanup_(BN_freep) BIGNUM *n = BN_bin2bn(k->modulus, (int)k->size, NULL);
	_cleanup_(OSSL_PARAM_BLD_freep) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c =
		EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	_cleanup_(OSSL_PARAM_freep) OSSL_PARAM *parameters = NULL;
	EVP_PKEY *key = NULL;

	if (!n || !builder || !c ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_uint(builder, OSSL_PKEY_PARAM_RSA_E, EXPONENT) != 1)
		return NULL;
	parameters = OSSL_PARAM_BLD_to_param(builder);
	if (!parameters || EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		return NULL;
	return key;
}

int rsa_verify(const struct rsa_public *k, struct span message, struct span signature,
	       struct error **err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = rsa_public_key(k);
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_context = NULL;

	if (!key || !c ||
	    EVP_DigestVerifyInit_ex(c, &key_context, "SHA256", NULL, NULL, key, NULL) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PADDING) != 1)
		return failed("verify with the RSA key", err);

	bool good = signature.n == k->size &&
		    EVP_DigestVerify(c, signature.p, signature.n, message.p, message.n) == 1;

	ERR_clear_error();
	return good ? 0 : error_set(err, -ERROR_REFUSED, "the signature is not that of this key");
}
