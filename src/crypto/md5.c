#include "crypto/md5.h"

#include <openssl/evp.h>

void md5_bytes(struct span s, uint8_t ret[MD5_SIZE])
{
	size_t n = 0;

	/* Also where only FIPS algorithms are offered by default: nothing is secured by it. */
	if (EVP_Q_digest(NULL, "MD5", "-fips", s.n ? s.p : (const uint8_t *)"", s.n, ret, &n) != 1)
		abort();
}
