/*
 * A maker of certificates: the authority of somebody's own TPMs. Its key is of the curve P-256, its certificate
 * vouches for itself; what it issues is valid to the end of the year 9999, as certificates of TPMs are.
 */
#pragma once

#include "base/buffer.h"
#include "crypto/rsa.h"

struct issuer; /* libcrypto zeroes its key when it is freed */

void issuer_free(struct issuer *i);
DEFINE_FREEP(struct issuer *, issuer_free)

/* With a new key, valid from `from` (seconds since 1970) on. `name` is its common name. */
_must_check_ int issuer_new(const char *name, int64_t from, struct issuer **ret,
			    struct error **err);
/* From what the two below wrote: -ERROR_MALFORMED if key and certificate do not belong together. */
_must_check_ int issuer_parse(struct span key, struct span certificate, struct issuer **ret,
			      struct error **err);

/* PKCS #8 as PEM: secret. `b` has room for PEM_MAX bytes without growing, if nothing of it may stay in memory. */
_must_check_ int issuer_write_key(const struct issuer *i, struct buffer *b, struct error **err);
/* PEM, with which certificates_parse() reads it. */
_must_check_ int issuer_write_certificate(const struct issuer *i, struct buffer *b,
					  struct error **err);

/* What a key of a TPM is for (TCG EK Credential Profile 2.6, 3.2.16; TPM 2.0 Keys for Device Identity, 8.1). */
enum issuer_purpose {
	ISSUER_TPM_ENDORSEMENT,
	ISSUER_TPM_ATTESTATION,
};

/* A certificate, DER, for a key of a software TPM whose name is `name`. */
_must_check_ int issuer_issue(const struct issuer *i, enum issuer_purpose purpose, const char *name,
			      const struct rsa_public *key, int64_t from, struct buffer *ret,
			      struct error **err);
