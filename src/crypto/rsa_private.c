#include <errno.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/private_key.h"
#include "crypto/rsa_key.h"

DEFINE_FREEP(EVP_MD_CTX *, EVP_MD_CTX_free)

struct rsa_private {
	EVP_PKEY *key;
	struct rsa_public public;
};

int rsa_private_parse(struct span pem, struct rsa_private **ret, struct error **err)
{
	_cleanup_(rsa_private_freep) struct rsa_private *k = calloc(1, sizeof *k);
	int r = k ? private_key_parse(pem, &k->key, err) : error_oom(err);

	if (r >= 0)
		r = rsa_public_part(k->key, &k->public, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(k);
	return 0;
}

void rsa_private_free(struct rsa_private *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->key);
	free(k);
}

const struct rsa_public *rsa_public_of(const struct rsa_private *k)
{
	return &k->public;
}

static int failed(struct error **err)
{
	ERR_clear_error();
	return error_set(err, -EIO, "libcrypto cannot sign with the RSA key");
}

int rsa_sign(const struct rsa_private *k, struct span message, uint8_t ret[RSA_SIZE_MAX],
	     struct error **err)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key = NULL;
	size_t n = k->public.size;

	if (!c || EVP_DigestSignInit_ex(c, &key, "SHA256", NULL, NULL, k->key, NULL) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PADDING) != 1 ||
	    EVP_DigestSign(c, ret, &n, message.p, message.n) != 1 || n != k->public.size)
		return failed(err);
	/* A key whose parts do not fit together, or a fault while computing. */
	return rsa_verify(&k->public, message, SPAN(ret, n), err);
}
