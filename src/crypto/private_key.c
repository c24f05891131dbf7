#include "crypto/private_key.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "crypto/pem.h"

DEFINE_FREEP(EVP_PKEY *, EVP_PKEY_free)

int private_key_parse(struct span pem, EVP_PKEY **ret, struct error **err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	size_t n = 0;
	int r = pem_decode(pem, PEM_PRIVATE_KEY, &der, &n, err);

	if (r < 0)
		return r;

	const unsigned char *p = der;

	key = d2i_AutoPrivateKey(NULL, &p, (long)n);
	ERR_clear_error();
	if (!key)
		r = error_set(err, -ERROR_MALFORMED, "not a private key that libcrypto knows");
	else if (p != der + n)
		r = error_set(err, -ERROR_MALFORMED, "%td bytes after the key", der + n - p);
	else
		*ret = TAKE_PTR(key);
	pem_free(der, n);
	return r;
}
