/*
 * RSA signatures for a TPM: RSASSA-PKCS1-v1_5 with SHA-256, keys of 2048 or 3072 bits with the
 * exponent 65537. The same key and message give the same signature.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "crypto/digest.h"

#define RSA_SIZE_MAX 384u /* 3072 bits */

struct rsa_public {
	uint8_t modulus[RSA_SIZE_MAX]; /* big endian */
	size_t size;		       /* 256 or 384: of the modulus, and of a signature */
};

static inline struct span rsa_modulus(const struct rsa_public *k)
{
	return SPAN(k->modulus, k->size);
}

/* SHA-256 of its SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) in DER: the key's name. */
struct digest rsa_public_digest(const struct rsa_public *k);

/* SubjectPublicKeyInfo as PEM (pem.h). Other types, sizes and exponents are refused. */
_must_check_ int rsa_public_parse(struct span pem, struct rsa_public *ret, struct error **err);

/* -ERROR_REFUSED if the signature is not the key's signature of the message. */
_must_check_ int rsa_verify(const struct rsa_public *k, struct span message, struct span signature,
			    struct error **err);

/* A private key; libcrypto zeroes it when it is freed. */
struct rsa_private;

/* PKCS #8 as PEM. */
_must_check_ int rsa_private_parse(struct span pem, struct rsa_private **ret, struct error **err);
void rsa_private_free(struct rsa_private *k);
DEFINE_FREEP(struct rsa_private *, rsa_private_free)
const struct rsa_public *rsa_public_of(const struct rsa_private *k);

/* Writes rsa_public_of(k)->size bytes. */
_must_check_ int rsa_sign(const struct rsa_private *k, struct span message,
			  uint8_t ret[RSA_SIZE_MAX], struct error **err);
