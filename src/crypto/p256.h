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
