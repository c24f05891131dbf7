/*
 * RSA keys as libcrypto has them, inside src/crypto.
 */
#pragma once

#include <openssl/evp.h>

#include "crypto/rsa.h"

/* NULL if there is no memory. */
EVP_PKEY *rsa_public_key(const struct rsa_public *k);
