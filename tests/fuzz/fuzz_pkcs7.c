/* Signatures of programs, and the certificates in them. */
#include "fuzz.h"

#include "crypto/pkcs7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(pkcs7_freep) struct pkcs7 *p = NULL;
	_cleanup_error_ struct error *err = NULL;
	const struct digest tbs = {.algorithm = DIGEST_SHA256};

	if (pkcs7_parse(SPAN(data, size), &p, &err) < 0)
		return 0;

	struct digest d = pkcs7_program_digest(p);

	if (digest_size(d.algorithm) > size)
		abort();
	/* These bytes are no certificate, so nothing is signed under it. */
	if (pkcs7_signed_under(p, SPAN(data, size)) ||
	    pkcs7_has_certificate(p, SPAN(data, size), &tbs))
		abort();
	return 0;
}
