#include "fuzz.h"

#include "crypto/certificate.h"

static void look_at(const struct certificate *c)
{
	struct certificates none = {0};
	int64_t until;
	struct rsa_public rsa;
	struct span extension;

	if (certificate_has_p256(c) && certificate_rsa(c, &rsa))
		abort();
	if (!certificate_equal(c, c))
		abort();
	if (certificate_extension(c, "1.2.840.113741.1.13.1", &extension) &&
	    extension.n > CERTIFICATE_MAX)
		abort();
	/* Nothing is trusted without a root. */
	if (certificate_check_path(c, &none, &none, 1767225600, &until, NULL) >= 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificates list = {0};
	struct certificate *c = NULL;
	struct crl *crl = NULL;

	if (certificate_parse(SPAN(data, size), true, &c, NULL) >= 0)
		look_at(c);
	if (certificates_parse(SPAN(data, size), false, NULL, &list, NULL) >= 0) {
		certificates_sort(&list);
		for (size_t i = 0; i < list.n; i++) {
			look_at(list.items[i]);
			if (c && certificate_check_issued(c, list.items[i], NULL) >= 0)
				continue;
		}
	}
	if (crl_parse(SPAN(data, size), &crl, NULL) >= 0 && c)
		(void)crl_has(crl, c);
	crl_free(crl);
	certificate_free(c);
	certificates_release(&list);
	return 0;
}
