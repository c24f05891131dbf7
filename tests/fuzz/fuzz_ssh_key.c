#include "fuzz.h"

#include "formats/ssh_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(ed25519_erase) struct ed25519_private k = {0};
	_cleanup_(buffer_release) struct buffer blob = BUFFER_INIT(256);
	struct ed25519_public public, again;
	struct span rest;

	if (ssh_private_parse(SPAN(data, size), &k, NULL) >= 0 &&
	    ed25519_public_of(&k, &public, NULL) < 0)
		abort();
	if (ssh_public_parse(SPAN(data, size), &public, &rest, NULL) >= 0) {
		ssh_public_put(&blob, &public);
		if (ssh_public_blob_parse(buffer_span(&blob), &again, NULL) < 0 ||
		    memcmp(&again, &public, sizeof again) != 0)
			abort();
	}
	return 0;
}
