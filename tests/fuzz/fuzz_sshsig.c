#include "fuzz.h"

#include "formats/sshsig.h"

/* What was parsed can be judged, and is not the signature of this message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sshsig s;

	if (sshsig_parse(SPAN(data, size), &s, NULL) < 0)
		return 0;
	if (strlen(s.namespace) == 0)
		abort();
	if (sshsig_verify(&s, s.namespace, SPAN_LITERAL("no message of any corpus"), NULL) >= 0)
		abort();
	return 0;
}
