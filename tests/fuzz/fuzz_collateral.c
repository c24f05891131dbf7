#include "fuzz.h"

#include "formats/collateral.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"tcb.json",		"qe_identity.json", "rootcrl.der",
					    "pckcrl.der",	"pck.chain.pem",    "pckCert.pem",
					    "pckSignChain.pem", "tcbSignChain.pem"};
	struct buffer chain = BUFFER_INIT(COLLATERAL_MAX);
	struct collateral c = {0}, files = {0};

	if (collateral_parse(SPAN(data, size), &c, NULL) >= 0) {
		if (collateral_check(&c, NULL) < 0)
			abort();
		collateral_release(&c);
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (collateral_take_file(&files, names[i], SPAN(data, size), NULL) < 0)
			continue;
	collateral_release(&files);
	if (collateral_decode_chain(SPAN(data, size), &chain, NULL) >= 0 && chain.n > size)
		abort();
	buffer_release(&chain);
	return 0;
}
