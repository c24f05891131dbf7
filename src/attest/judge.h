/*
 * What evidence that is genuine says, held against a policy: the answers "platform" and "identity". Only
 * what was verified can be judged; the types see to that.
 */
#pragma once

#include "attest/policy.h"
#include "attest/quote_verify.h"
#include "formats/evidence.h"

struct verified_tpm;
struct azure_facts;

/* Evidence that is genuine. */
struct subject {
	unsigned kind;				/* POLICY_TDX, POLICY_AZURE or POLICY_TPM */
	const struct verified_quote *quote;	/* NULL for a TPM alone */
	const struct verified_tpm *tpm;		/* NULL for a quote alone */
	const struct azure_facts *azure;	/* NULL but for Azure */
	const struct evidence_binding *binding; /* what the evidence says that it is bound to */
};

/* The value of a register; false if this evidence does not have it. */
_must_check_ bool subject_register(const struct subject *s, unsigned reg, struct digest *ret);

/* Whether the evidence is bound to the key, the configuration and the claims that it names: only then it says
 * something of them. */
_must_check_ bool subject_is_bound(const struct subject *s);

/* Refuses a TD that can be debugged, unless the policy accepts one. The quote need not be genuine: nobody says
 * this of a TD of which it is not true and wants it believed. */
void judge_debug(const struct quote *q, const struct policy *p, struct verdict *v);

/* Write down what they find. Errors: out of memory. */
_must_check_ int judge_platform(const struct subject *s, const struct policy *p, struct verdict *v,
				struct error **err);
/* PCR 8 of a node that took the configuration with this digest of the register's bank (formats/config.h). */
struct digest judge_register_of_config(const struct digest *config);
/* Key and instance, by what the evidence is bound to. */
void judge_binding(const struct subject *s, const struct policy *p, struct verdict *v);
_must_check_ int judge_identity(const struct subject *s, const struct policy *p, struct verdict *v,
				struct error **err);
