#include "attest/kept_collateral.h"

int kept_result(const struct kept_result *r, struct error **err)
{
	return r->code < 0 ? error_set(err, r->code, "%s", error_message(r->err)) : 0;
}

static void result_release(struct kept_result *r)
{
	error_free(r->err);
}

static void document_release(struct kept_document *d)
{
	certificates_release(&d->chain);
	result_release(&d->chain_parsed);
	result_release(&d->content);
}

void kept_collateral_free(struct kept_collateral *k)
{
	if (!k)
		return;
	crl_free(k->root_crl.list);
	result_release(&k->root_crl.parsed);
	crl_free(k->pck_crl.list);
	result_release(&k->pck_crl.parsed);
	document_release(&k->tcb_info_document);
	document_release(&k->qe_identity_document);
	tcb_info_release(&k->tcb_info);
	qe_identity_release(&k->qe_identity);
	free(k);
}

static void keep_crl(const struct collateral *c, enum collateral_part part, struct kept_crl *ret)
{
	ret->parsed.code = crl_parse(collateral_span(c, part), &ret->list, &ret->parsed.err);
}

/* Certificates that come again need not be read again. */
static void remember(struct kept_collateral *k, const struct certificates *l)
{
	for (size_t i = 0; i < l->n && k->known.n < CERTIFICATES_MAX; i++)
		k->known.items[k->known.n++] = l->items[i];
}

/* The chain, and the signer's signature over the document's very bytes. */
static void keep_document(struct kept_collateral *k, enum collateral_part chain,
			  enum collateral_part document, enum collateral_part signature,
			  struct kept_document *ret)
{
	const struct collateral *c = k->from;
	struct kept_result *parsed = &ret->chain_parsed, *content = &ret->content;

	parsed->code = certificates_parse(collateral_span(c, chain), false, &k->known, &ret->chain,
					  &parsed->err);
	if (parsed->code < 0)
		return;
	certificates_sort(&ret->chain);
	remember(k, &ret->chain);
	content->code = certificate_p256_verify(ret->chain.items[0], collateral_span(c, document),
						c->parts[signature].p, &content->err);
}

int kept_collateral_new(const struct collateral *c, struct kept_collateral **ret,
			struct error **err)
{
	_cleanup_(kept_collateral_freep) struct kept_collateral *k = NULL;
	struct kept_result *content;
	int r = collateral_check(c, err);

	if (r < 0)
		return r;
	k = calloc(1, sizeof *k);
	if (!k)
		return error_oom(err);
	k->from = c;
	keep_crl(c, COLLATERAL_ROOT_CRL, &k->root_crl);
	keep_crl(c, COLLATERAL_PCK_CRL, &k->pck_crl);
	keep_document(k, COLLATERAL_TCB_INFO_CHAIN, COLLATERAL_TCB_INFO,
		      COLLATERAL_TCB_INFO_SIGNATURE, &k->tcb_info_document);
	keep_document(k, COLLATERAL_QE_IDENTITY_CHAIN, COLLATERAL_QE_IDENTITY,
		      COLLATERAL_QE_IDENTITY_SIGNATURE, &k->qe_identity_document);

	/* Only what is signed is read. */
	content = &k->tcb_info_document.content;
	if (k->tcb_info_document.chain.n && content->code >= 0)
		content->code = tcb_info_parse(collateral_span(c, COLLATERAL_TCB_INFO),
					       &k->tcb_info, &content->err);
	content = &k->qe_identity_document.content;
	if (k->qe_identity_document.chain.n && content->code >= 0)
		content->code = qe_identity_parse(collateral_span(c, COLLATERAL_QE_IDENTITY),
						  &k->qe_identity, &content->err);
	*ret = TAKE_PTR(k);
	return 0;
}
