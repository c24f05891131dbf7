#include "crypto/hkdf.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

DEFINE_FREEP(EVP_KDF *, EVP_KDF_free)
DEFINE_FREEP(EVP_KDF_CTX *, EVP_KDF_CTX_free)

/* The library takes parameters as if it wrote to them, and does not. */
static OSSL_PARAM octets(const char *name, struct span s)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)s.p, s.n);
}

int hkdf_sha256(struct span key, struct span salt, struct span info, uint8_t *ret, size_t n,
		struct error **err)
{
	_cleanup_(EVP_KDF_freep) EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	_cleanup_(EVP_KDF_CTX_freep) EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, sizeof digest - 1),
		octets(OSSL_KDF_PARAM_KEY, key),
		octets(OSSL_KDF_PARAM_SALT, salt),
		octets(OSSL_KDF_PARAM_INFO, info),
		OSSL_PARAM_END,
	};

	if (!context || EVP_KDF_derive(context, ret, n, parameters) != 1)
		return error_set(err, -EIO, "libcrypto cannot derive a key");
	return 0;
}
