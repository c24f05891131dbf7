/*
 * RSA keys as libcrypto has them, inside src/crypto.
 */
#pragma once

#include <openssl/evp.h>

#include "crypto/rsa.h"

/* Its public part: -ERROR_MALFORMED for another type, size or exponent. */
_must_check_ int rsa_public_part(const EVP_PKEY *key, struct rsa_public *ret, struct error **err);
/* NULL if there is no memory. */
EVP_PKEY *rsa_public_key(const struct rsa_public *k);
