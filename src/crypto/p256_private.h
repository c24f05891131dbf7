/*
 * Private keys of the curve P-256, which sign by ECDSA with SHA-256 (p256.h).
 */
#pragma once

#include "crypto/p256.h"

/* A private key; libcrypto zeroes it when it is freed. */
struct p256_private;

/* PKCS #8 as PEM (pem.h). Keys of other kinds and curves are -ERROR_UNSUPPORTED. */
_must_check_ int p256_private_parse(struct span pem, struct p256_private **ret, struct error **err);
void p256_private_free(struct p256_private *k);
DEFINE_FREEP(struct p256_private *, p256_private_free)

/* Writes r and s. Each signature is another one: the nonce is random. */
_must_check_ int p256_sign(const struct p256_private *k, struct span message,
			   uint8_t ret[P256_SIZE], struct error **err);
