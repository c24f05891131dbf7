/*
 * P-256 signatures by keys of libcrypto, inside src/crypto.
 */
#pragma once

#include <openssl/evp.h>

#include "crypto/p256.h"

/* As p256_verify(). */
_must_check_ int p256_key_verify(EVP_PKEY *key, struct span message,
				 const uint8_t signature[P256_SIZE], struct error **err);
