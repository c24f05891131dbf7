/*
 * Keys as PEM text (RFC 7468, strict): one block, nothing but blank lines around it.
 *
 * Private keys are PKCS #8 ("PRIVATE KEY"), public ones SubjectPublicKeyInfo ("PUBLIC KEY"): what
 * `openssl genpkey` and `openssl pkey -pubout` write. Encrypted keys are refused by name.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#define PEM_PRIVATE_KEY "PRIVATE KEY"
#define PEM_PUBLIC_KEY "PUBLIC KEY"

/* Text of a key: an RSA key of 3072 bits has 2.5 KiB. */
#define PEM_MAX (16u << 10)

/* The bytes of the block `label`, malloc()ed: pem_free() zeroes them. */
_must_check_ int pem_decode(struct span text, const char *label, uint8_t **ret, size_t *ret_n,
			    struct error **err);
void pem_free(uint8_t *bytes, size_t n);

/* Appends the block with lines of 64 characters. */
void pem_encode(const char *label, struct span bytes, struct buffer *ret);
