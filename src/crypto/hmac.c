#include "crypto/hmac.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

void hmac_sha256(struct span key, struct span message, uint8_t ret[HMAC_SHA256_SIZE])
{
	unsigned int n = 0;

	if (key.n > INT_MAX || !HMAC(EVP_sha256(), key.n ? (const void *)key.p : "", (int)key.n,
				     message.p, message.n, ret, &n))
		abort();
}
