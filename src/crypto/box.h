/*
 * A box that holds a secret of 32 bytes for the owner of an X25519 key.
 *
 * Ephemeral X25519 key, HKDF-SHA-256 (salt: ephemeral public key, recipient's public key; info:
 * BOX_INFO), AES-256-GCM. The bytes are: ephemeral public key 32, nonce 12, ciphertext 32, tag 16.
 * The context (authenticated, not part of the box) ties a box to its place.
 */
#pragma once

#include "crypto/x25519.h"

#define BOX_SECRET_SIZE 32u
#define BOX_NONCE_SIZE 12u
#define BOX_TAG_SIZE 16u
#define BOX_SIZE (X25519_SIZE + BOX_NONCE_SIZE + BOX_SECRET_SIZE + BOX_TAG_SIZE)
#define BOX_INFO "tdnode recovery 1"

_must_check_ int box_seal(const struct x25519_public *recipient, struct span context,
			  const uint8_t secret[BOX_SECRET_SIZE], uint8_t ret[BOX_SIZE],
			  struct error **err);

/* -ERROR_REFUSED for another key, another context or changed bytes. The caller zeroes *ret. */
_must_check_ int box_open(const struct x25519_private *key, struct span context,
			  const uint8_t box[BOX_SIZE], uint8_t ret[BOX_SECRET_SIZE],
			  struct error **err);
