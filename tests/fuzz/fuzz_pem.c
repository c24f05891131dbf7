/* Keys as PEM text: what is taken is written as the same key. */
#include "fuzz.h"

#include "base/secret.h"
#include "crypto/pem.h"
#include "crypto/rsa.h"
#include "crypto/x25519.h"

static void check_x25519(struct span text)
{
	_cleanup_(secret_buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	struct x25519_private k, k2;
	struct x25519_public p, p2;

	if (x25519_private_parse(text, &k, NULL) >= 0 &&
	    (x25519_private_write(&k, &pem, NULL) < 0 ||
	     x25519_private_parse(buffer_span(&pem), &k2, NULL) < 0 ||
	     memcmp(&k, &k2, sizeof k) != 0))
		abort();
	pem.n = 0;
	if (x25519_public_parse(text, &p, NULL) >= 0 &&
	    (x25519_public_write(&p, &pem, NULL) < 0 ||
	     x25519_public_parse(buffer_span(&pem), &p2, NULL) < 0 ||
	     memcmp(&p, &p2, sizeof p) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(rsa_private_freep) struct rsa_private *private = NULL;
	struct span text = SPAN(data, size);
	struct error *err = NULL;
	struct rsa_public public;
	int r = rsa_public_parse(text, &public, &err);

	if ((r < 0) != (err != NULL) || (r >= 0 && public.size != 256 && public.size != 384))
		abort();
	error_free(err);
	err = NULL;
	r = rsa_private_parse(text, &private, &err);
	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	check_x25519(text);
	return 0;
}
