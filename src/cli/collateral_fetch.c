#include "cli/collateral_fetch.h"

#include "base/file.h"
#include "formats/quote.h"
#include "net/http.h"

/* Intel's own service leaves this list to the root's distribution point. */
#define INTEL_ROOT_CRL "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"

int collateral_platform(const struct evidence *e, struct pck_platform *ret, struct error **err)
{
	struct quote q;
	int r = 0;

	if (e->kind == EVIDENCE_TPM)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "evidence of a TPM alone: Intel says nothing of it");
	r = quote_parse(buffer_span(&e->quote), &q, err);
	return r < 0 ? r : pck_platform_read(q.certification, ret, err);
}

static const struct {
	const char *file, *chain_file;
	const char *header, *other_header; /* of the chain */
} answers[FETCHED_FILES] = {
	[FETCHED_TCB] = {"tcb.json", "tcb.chain.pem", "TCB-Info-Issuer-Chain",
			 "SGX-TCB-Info-Issuer-Chain"},
	[FETCHED_QE_IDENTITY] = {"qe_identity.json", "qe_identity.chain.pem",
				 "SGX-Enclave-Identity-Issuer-Chain",
				 "Enclave-Identity-Issuer-Chain"},
	[FETCHED_PCK_CRL] = {"pckcrl.der", NULL, NULL, NULL},
	[FETCHED_ROOT_CRL] = {"rootcrl.der", NULL, NULL, NULL},
};

void fetched_release(struct fetched *f)
{
	for (size_t i = 0; i < FETCHED_FILES; i++) {
		buffer_release(&f->bodies[i]);
		buffer_release(&f->chains[i]);
	}
}

static char *address(const char *given, const struct pck_platform *p, enum fetched_file which)
{
	const char *service = given ? given : COLLATERAL_SERVICE;
	char fmspc[2 * sizeof p->fmspc + 1];

	hex_encode(SPAN(p->fmspc, sizeof p->fmspc), fmspc);
	switch (which) {
	case FETCHED_TCB:
		return string_printf("%s/tdx/certification/v4/tcb?fmspc=%s&update=early", service,
				     fmspc);
	case FETCHED_QE_IDENTITY:
		return string_printf("%s/tdx/certification/v4/qe/identity?update=early", service);
	case FETCHED_PCK_CRL:
		return string_printf("%s/sgx/certification/v4/pckcrl?ca=%s&encoding=der", service,
				     p->ca);
	case FETCHED_ROOT_CRL:
		return given ? string_printf("%s/sgx/certification/v4/rootcacrl", service)
			     : strdup(INTEL_ROOT_CRL);
	default:
		return NULL;
	}
}

static int fetch(struct http_client *c, const char *url, enum fetched_file which, struct fetched *f,
		 struct error **err)
{
	_cleanup_(buffer_release) struct buffer header = BUFFER_INIT(HTTP_HEADER_MAX);
	int r;

	f->bodies[which].max = COLLATERAL_MAX;
	f->chains[which].max = COLLATERAL_MAX;
	if (!answers[which].header)
		return http_get(c, url, &f->bodies[which], err);
	r = http_get_with_header(c, url, answers[which].header, answers[which].other_header,
				 &f->bodies[which], &header, err);
	if (r < 0)
		return r;
	r = collateral_decode_chain(buffer_span(&header), &f->chains[which], err);
	return r < 0 ? error_wrap(err, r, "%s", url) : 0;
}

int collateral_fetch(const struct pck_platform *p, const char *service, struct fetched *ret,
		     struct error **err)
{
	_cleanup_(http_client_freep) struct http_client *c = NULL;
	int r = http_client_new(false, &c, err);

	for (size_t i = 0; r >= 0 && i < FETCHED_FILES; i++) {
		_cleanup_free_ char *url = address(service, p, (enum fetched_file)i);

		r = url ? fetch(c, url, (enum fetched_file)i, ret, err) : error_oom(err);
	}
	return r;
}

int fetched_read(const struct fetched *f, struct collateral *ret, struct error **err)
{
	_cleanup_(collateral_release) struct collateral c = {0};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < FETCHED_FILES; i++) {
		r = collateral_take_file(&c, answers[i].file, buffer_span(&f->bodies[i]), err);
		if (r >= 0 && answers[i].chain_file)
			r = collateral_take_file(&c, answers[i].chain_file,
						 buffer_span(&f->chains[i]), err);
		if (r < 0)
			return error_wrap(err, r, "what the service answers for %s",
					  answers[i].file);
	}
	if (r >= 0)
		r = collateral_check(&c, err);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct collateral){0};
	return 0;
}

static int put(const char *folder, const char *name, const struct buffer *b, struct error **err)
{
	_cleanup_free_ char *path = path_join(folder, name);

	return path ? file_write(path, buffer_span(b), err) : error_oom(err);
}

int fetched_write(const struct fetched *f, const char *folder, struct error **err)
{
	int r = directory_make(folder, err);

	for (size_t i = 0; r >= 0 && i < FETCHED_FILES; i++) {
		r = put(folder, answers[i].file, &f->bodies[i], err);
		if (r >= 0 && answers[i].chain_file)
			r = put(folder, answers[i].chain_file, &f->chains[i], err);
	}
	return r;
}
