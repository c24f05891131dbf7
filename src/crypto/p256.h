/*
 * ECDSA signatures on the curve P-256 with SHA-256, as Intel's quoting enclaves and signing services make
 * them: r and s of 32 bytes each, big endian.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

#define P256_SIZE 64u

/* x and y, big endian. Any bytes: one that is not on the curve verifies nothing. */
struct p256_public {
	uint8_t point[P256_SIZE];
};

/* -ERROR_REFUSED if the signature is not the key's signature of the message. */
_must_check_ int p256_verify(const struct p256_public *k, struct span message,
			     const uint8_t signature[P256_SIZE], struct error **err);
