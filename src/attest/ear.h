/*
 * A verdict as an EAT attestation result (draft-ietf-rats-ear, with the names of the revisions whose profile is
 * "tag:github.com,2023:veraison/ear", which Veraison and Trustee read), and signed as a JWT (RFC 7519).
 *
 * What it claims follows from the verdict's checks by one table (ear.c), which docs/verify.md shows. A claim is
 * made only where each check that it needs was made.
 */
#pragma once

#include "attest/policy.h"
#include "crypto/p256_private.h"

/* The claims of AR4SI (draft-ietf-rats-ar4si) that evidence of ours can carry. */
enum ear_claim {
	EAR_INSTANCE_IDENTITY,
	EAR_CONFIGURATION,
	EAR_EXECUTABLES,
	EAR_HARDWARE,
	EAR_RUNTIME_OPAQUE,
	EAR_CLAIMS,
};

/* What a result says beside the verdict. */
struct ear_about {
	unsigned kind;	   /* of the evidence: one of POLICY_TDX, POLICY_AZURE, POLICY_TPM */
	const char *build; /* this program and its version */
	struct digest policy;
	size_t n_documents; /* of the policy; 0: there is none */
	struct policy_report_data report_data;
};

/* Values of AR4SI: 0 no claim, 2 to 31 affirm, 32 to 95 warn, 96 and above contraindicate. */
struct ear_vector {
	uint8_t values[EAR_CLAIMS];
};

/* `kind` as in struct ear_about. */
struct ear_vector ear_vector_of(const struct verdict *v, unsigned kind);
/* "affirming", "warning", "contraindicated", or "none" where a claim is missing that this kind could carry. */
const char *ear_status(const struct verdict *v, const struct ear_vector *claims, unsigned kind);

/*
 * Appends the claims, in an order of their own: the same verdict gives the same bytes. Without `key` JSON text and
 * a newline; with one a JWT (ES256) and a newline.
 */
_must_check_ int ear_encode(const struct verdict *v, const struct ear_about *about,
			    const struct p256_private *key, struct buffer *ret, struct error **err);
