/*
 * Whether a TPM's quote is genuine: signed by a key that somebody vouches for, over exactly the registers
 * that it is read for.
 */
#pragma once

#include "attest/roots.h"
#include "attest/verdict.h"
#include "formats/evidence.h"
#include "formats/tpms_attest.h"

/* The largest that a TPM takes: a digest of its largest bank. */
#define TPM_EXTRA_DATA_MAX 64u

/* Registers of one bank that a TPM signed. */
struct tpm_facts {
	enum digest_algorithm bank; /* SHA-256 or SHA-384 */
	uint32_t registers;	    /* a bit for each that the quote is about */
	struct digest pcrs[EVIDENCE_PCRS];
	struct digest key; /* the attestation key's (rsa_public_digest()) */
	uint8_t extra_data[TPM_EXTRA_DATA_MAX];
	size_t extra_data_size;
	uint64_t clock;
	uint32_t reset_count, restart_count;
};

/* Only tpm_verify() makes one. */
struct verified_tpm;

void verified_tpm_free(struct verified_tpm *t);
DEFINE_FREEP(struct verified_tpm *, verified_tpm_free)
const struct tpm_facts *verified_tpm_facts(const struct verified_tpm *t);

/* What the one selection of a quote has to be. */
struct tpm_wanted {
	uint32_t registers; /* 0: whichever */
	bool sha384;	    /* that bank is accepted, too */
};

/*
 * Judges the quote in `e` by the key, which the caller knows to be an attestation key of the right TPM. It has to
 * have one selection, as wanted. As with quote_verify() *ret is NULL if a
 * check refused.
 */
_must_check_ int tpm_verify(const struct evidence *e, const struct rsa_public *key,
			    const struct tpm_wanted *wanted, struct verdict *v,
			    struct verified_tpm **ret, struct error **err);

/*
 * The certificate of the attestation key in `e`, held against `roots`. `issuers` (PEM) are those that nobody
 * has to send. *ret is the key; its size is 0 if a check refused.
 */
_must_check_ int tpm_verify_certificate(const struct evidence *e, const struct certificates *roots,
					const struct certificates *issuers, struct verdict *v,
					struct rsa_public *ret, struct error **err);

/*
 * What the evidence says of its attestation key (ak_public), which no signature is over: it has to be the key `key`,
 * one that stays in its TPM and signs nothing but what the TPM says. *ret is false if it refused.
 */
_must_check_ int tpm_verify_public(const struct evidence *e, const struct rsa_public *key,
				   struct verdict *v, bool *ret, struct error **err);

/* A TPM alone: certificate, attributes of the key, quote. */
_must_check_ int tpm_verify_alone(const struct evidence *e, const struct attest_roots *roots,
				  bool sha384, struct verdict *v, struct verified_tpm **ret,
				  struct error **err);
