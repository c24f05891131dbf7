/*
 * HKDF with SHA-256 (RFC 5869): extract and expand.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* n bytes, at most 255 * 32, from the secret `key`. The caller zeroes them. */
_must_check_ int hkdf_sha256(struct span key, struct span salt, struct span info, uint8_t *ret,
			     size_t n, struct error **err);
