/*
 * Evidence to a verdict: bytes, collateral, policy and a time go in, nothing else is looked at.
 */
#pragma once

#include "attest/kept_collateral.h"
#include "attest/policy.h"
#include "formats/evidence.h"

/*
 * Judges for the time v->at, which the caller has set; `collateral` may be NULL for evidence of a TPM alone. Returns
 * 0 if the verdict is complete, whatever it says (verdict_require()); errors are what keeps from judging.
 */
_must_check_ int attest_judge(const struct evidence *e, const struct collateral *collateral,
			      const struct policy *p, struct verdict *v, struct error **err);
/* The same by collateral that was taken apart before, for many. */
_must_check_ int attest_judge_kept(const struct evidence *e, const struct kept_collateral *kept,
				   const struct policy *p, struct verdict *v, struct error **err);
