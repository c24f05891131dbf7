/*
 * Collateral taken apart once, for any number of quotes. It depends on no quote, no time and no policy: what does is
 * judged for each quote anew, every date and every certificate's issuer among it.
 */
#pragma once

#include "crypto/certificate.h"
#include "formats/collateral.h"
#include "formats/tcb_info.h"

/* What came of a part: 0, or a code with what there is to say when the part's turn comes. */
struct kept_result {
	int code;
	struct error *err;
};

/* A list of revoked certificates; whether its issuer signed it depends on the quote. */
struct kept_crl {
	struct crl *list;
	struct kept_result parsed;
};

/* A document of Intel's. */
struct kept_document {
	struct certificates chain; /* sorted: its signer first */
	struct kept_result chain_parsed;
	/* The signer's signature, and then the content; of a chain that is none, nothing. */
	struct kept_result content;
};

/* Changes no more once it is made: threads may share it. */
struct kept_collateral {
	const struct collateral *from;
	struct kept_crl root_crl, pck_crl;
	struct kept_document tcb_info_document, qe_identity_document;
	struct tcb_info tcb_info;	/* of a content without error */
	struct qe_identity qe_identity; /* the same */
	struct certificates known;	/* all of the chains, borrowed */
};

/*
 * `c` has to live as long, and to stay as it is. An error names what is missing (collateral_check()); what is there
 * and no good is told when a quote is judged by it, in the order of the checks.
 */
_must_check_ int kept_collateral_new(const struct collateral *c, struct kept_collateral **ret,
				     struct error **err);
void kept_collateral_free(struct kept_collateral *k);
DEFINE_FREEP(struct kept_collateral *, kept_collateral_free)

/* What came of a part, as the caller's own error. */
_must_check_ int kept_result(const struct kept_result *r, struct error **err);
