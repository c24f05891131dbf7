/*
 * The certificates that all trust in evidence begins with.
 */
#pragma once

#include "crypto/certificate.h"

struct attest_roots {
	struct certificates intel;	   /* of platforms: Intel SGX Root CA */
	struct certificates azure;	   /* of Azure's virtual TPMs */
	struct certificates azure_issuers; /* under these, not trusted by themselves */
	struct certificates tpm;	   /* of other TPMs: none unless a policy names some */
	bool intel_is_foreign;		   /* named by a policy, in place of Intel's */
};

/* Those of Intel, and of Microsoft if `azure`: to read these takes as long as ten signatures. `known`: as of
 * certificates_parse(). */
_must_check_ int attest_roots_builtin(bool azure, const struct certificates *known,
				      struct attest_roots *ret, struct error **err);
void attest_roots_release(struct attest_roots *r);
