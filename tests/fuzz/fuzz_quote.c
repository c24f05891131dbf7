#include "fuzz.h"

#include "formats/quote.h"

/* What was parsed lies in the bytes. */
static void check(struct span all, struct span part)
{
	if (part.n && (part.p < all.p || part.n > all.n || part.p - all.p > (long)(all.n - part.n)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = SPAN(data, size);
	struct quote q;

	if (quote_parse(all, &q, NULL) < 0)
		return 0;
	if (!quote_is(all))
		abort();
	check(all, q.signed_bytes);
	check(all, SPAN(q.signature, 64));
	check(all, SPAN(q.attestation_key, 64));
	check(all, q.qe_report);
	check(all, SPAN(q.qe_signature, 64));
	check(all, q.qe_auth);
	check(all, q.certification);
	return 0;
}
