#include "fuzz.h"

#include "formats/sshsig.h"

/* The key of the corpus' lines. */
static const struct ed25519_public key = {{0}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct allowed_signer_query q = {&key, "tdnode-release", size % 2 ? "me" : NULL,
					       1800000000};
	char name[SIGNER_NAME_MAX];

	if (allowed_signer_find(SPAN(data, size), &q, name, NULL) >= 0 &&
	    strlen(name) >= sizeof name)
		abort();
	return 0;
}
