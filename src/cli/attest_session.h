/*
 * Nodes asked for their evidence and judged, one after the other.
 */
#pragma once

#include "attest/connection.h"
#include "channel/ask.h"
#include "cli/attest_options.h"
#include "formats/collateral.h"

struct attest_session {
	const struct attest_options *options;
	const char *protocol; /* of the handshake; CHANNEL_ALPN unless the caller sets another */
	struct policy policy;
	struct collateral collateral;
	struct kept_collateral *kept; /* of it; NULL: there is none */
	int64_t expires;	      /* of fetched collateral, seconds since 1970; 0: not known */
	uint8_t fmspc[sizeof(((struct pck_platform *)NULL)->fmspc)]; /* of fetched collateral */
};

/* Reads policies and collateral. Release *ret also after an error. */
_must_check_ int attest_session_open(const struct attest_options *o, struct attest_session *ret,
				     struct error **err);
void attest_session_release(struct attest_session *s);

/* Nodes have a configuration of their own, not the defaults that their build was measured with: PCR 8 (SHA-256). */
void attest_session_configure(struct attest_session *s, const struct digest *pcr_8);

/*
 * Asks the node and judges what it sends. 0 if there is a verdict, whatever it says
 * (verdict_require()): c->tls is then ready to be used. *ret and *ret_verdict are to be released also after an error.
 */
_must_check_ int attest_session_ask(struct attest_session *s, const struct address *a,
				    struct channel *ret, struct verdict *ret_verdict,
				    struct error **err);
/* The same, of a node that has to be accepted: -ERROR_REFUSED by the first check that refuses it. */
_must_check_ int attest_session_require(struct attest_session *s, const struct address *a,
					struct channel *ret, struct verdict *ret_verdict,
					struct error **err);
