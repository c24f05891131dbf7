/*
 * X25519 keys (RFC 7748; PEM as in RFC 8410).
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#define X25519_SIZE 32u

struct x25519_public {
	uint8_t bytes[X25519_SIZE];
};

/* Whoever has one calls x25519_erase() when done: _cleanup_(x25519_erase). */
struct x25519_private {
	uint8_t bytes[X25519_SIZE];
};

void x25519_erase(struct x25519_private *k);

_must_check_ int x25519_generate(struct x25519_private *ret, struct error **err);
_must_check_ int x25519_public_of(const struct x25519_private *k, struct x25519_public *ret,
				  struct error **err);

/* The shared secret, which the caller zeroes. Refused: a peer's key of low order. */
_must_check_ int x25519_agree(const struct x25519_private *k, const struct x25519_public *peer,
			      uint8_t ret[X25519_SIZE], struct error **err);

/* PKCS #8 and SubjectPublicKeyInfo as PEM (pem.h). Keys of another type are refused; so is a public
 * key of low order, to which nothing can be encrypted. */
_must_check_ int x25519_private_parse(struct span pem, struct x25519_private *ret,
				      struct error **err);
_must_check_ int x25519_public_parse(struct span pem, struct x25519_public *ret,
				     struct error **err);
/* The private key's text is a secret: secret_buffer_release(). */
_must_check_ int x25519_private_write(const struct x25519_private *k, struct buffer *ret,
				      struct error **err);
_must_check_ int x25519_public_write(const struct x25519_public *k, struct buffer *ret,
				     struct error **err);
