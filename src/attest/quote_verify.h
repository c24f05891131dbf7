/*
 * Whether a quote is genuine: Intel's order of checks ("Intel SGX and TDX DCAP quote verification"), with
 * every date fatal. Pure: all that it looks at is given.
 */
#pragma once

#include "attest/kept_collateral.h"
#include "attest/roots.h"
#include "attest/tcb.h"
#include "attest/verdict.h"
#include "formats/quote.h"

/* What a genuine quote says, and Intel of its platform. */
struct quote_facts {
	struct quote quote; /* in the bytes that were parsed */
	struct pck_extension pck;
	const struct tcb_info *tcb_info; /* in the collateral */
	const struct qe_identity *qe_identity;
};

/* Only quote_verify() makes one. */
struct verified_quote;

void verified_quote_free(struct verified_quote *q);
DEFINE_FREEP(struct verified_quote *, verified_quote_free)
const struct quote_facts *verified_quote_facts(const struct verified_quote *q);

/*
 * Judges the quote for the verdict's time and writes down each check, those that come after the first that refused
 * excepted. *ret is NULL then; that is no error. Errors are what keeps from judging: collateral that
 * is signed as it should be and cannot be read, certificates that are none.
 */
_must_check_ int quote_verify(const struct quote *q, const struct kept_collateral *k,
			      const struct attest_roots *roots, struct verdict *v,
			      struct verified_quote **ret, struct error **err);
