/*
 * Ed25519 signatures (RFC 8032): the same key and message give the same signature.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

#define ED25519_KEY_SIZE 32u
#define ED25519_SIGNATURE_SIZE 64u

struct ed25519_public {
	uint8_t bytes[ED25519_KEY_SIZE];
};

/* The seed, from which everything follows. Whoever has one calls ed25519_erase() when done. */
struct ed25519_private {
	uint8_t seed[ED25519_KEY_SIZE];
};

void ed25519_erase(struct ed25519_private *k);

_must_check_ int ed25519_public_of(const struct ed25519_private *k, struct ed25519_public *ret,
				   struct error **err);

_must_check_ int ed25519_sign(const struct ed25519_private *k, struct span message,
			      uint8_t ret[ED25519_SIGNATURE_SIZE], struct error **err);

/* -ERROR_REFUSED if the signature is not the key's signature of the message. */
_must_check_ int ed25519_verify(const struct ed25519_public *k, struct span message,
				const uint8_t signature[ED25519_SIGNATURE_SIZE],
				struct error **err);
