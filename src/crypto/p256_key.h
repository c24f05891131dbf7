/*
 * P-256 signatures by keys of libcrypto, inside src/crypto.
 */
#pragma once

#include <openssl/evp.h>

#include "crypto/p256.h"

/* Of a point, x and y; NULL if it is not on the curve. Fast if there is another key of the curve, `like`. */
EVP_PKEY *p256_public_key(const EVP_PKEY *like, const uint8_t xy[P256_SIZE]);

/* Whether it is the key's signature of the message: ECDSA with SHA-256, in DER. May leave errors in libcrypto's queue. */
_must_check_ bool p256_key_verify_der(EVP_PKEY *key, struct span message, struct span signature);

/* -ERROR_REFUSED if the signature is not the key's signature of the message. `like`: as above. */
_must_check_ int p256_verify(const EVP_PKEY *like, const struct p256_public *k, struct span message,
			     const uint8_t signature[P256_SIZE], struct error **err);
/* The same, by a key that is made already. */
_must_check_ int p256_key_verify(EVP_PKEY *key, struct span message,
				 const uint8_t signature[P256_SIZE], struct error **err);
