/*
 * Whether the evidence of an Azure machine hangs together: the TD's quote binds what the paravisor says, which
 * names the virtual TPM's key, which signed the registers.
 */
#pragma once

#include "attest/quote_verify.h"
#include "attest/tpm_verify.h"
#include "formats/hcl.h"

/* What the paravisor says. */
struct azure_facts {
	struct hcl_claims claims;
};

/* Judges all but the quote itself; `sha384`: a TPM's quote of that bank is accepted, too. As with quote_verify() *ret is NULL if a check refused. */
_must_check_ int azure_verify(const struct evidence *e, const struct verified_quote *q,
			      const struct attest_roots *roots, bool sha384, struct verdict *v,
			      struct azure_facts *ret_facts, struct verified_tpm **ret,
			      struct error **err);
