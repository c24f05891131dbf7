/*
 * Files of a world (attest_world.h), as tools that judge quotes take them.
 */
#pragma once

#include "../unit/attest_world.h"

#include "base/file.h"

static inline void put(const char *folder, const char *name, struct span s)
{
	_cleanup_free_ char *path = path_join(folder, name);
	struct error *err = NULL;

	assert_done(file_write(path, s, &err), &err);
}

static inline void set_hex(json_t *o, const char *name, struct span s)
{
	_cleanup_free_ char *text = hex_string(s);

	json_object_set_new(o, name, json_string(text));
}

static inline void set_text(json_t *o, const char *name, struct span s)
{
	json_object_set_new(o, name, json_stringn((const char *)s.p, s.n));
}

static inline void put_collateral(const char *folder, const struct world *w)
{
	_cleanup_json_ json_t *o = json_object();
	const struct collateral *c = &w->collateral;
	struct span chain = buffer_span(&w->quote);
	size_t at;

	/* Behind the platform's own certificate. */
	assert_true(span_find(chain, SPAN_LITERAL("-----END CERTIFICATE-----\n"), &at));
	chain = span_skip(chain, at + 26);
	chain.n -= w->trailing.n;
	set_text(o, "pck_crl_issuer_chain", chain);
	set_hex(o, "root_ca_crl", collateral_span(c, COLLATERAL_ROOT_CRL));
	set_hex(o, "pck_crl", collateral_span(c, COLLATERAL_PCK_CRL));
	set_text(o, "tcb_info_issuer_chain", collateral_span(c, COLLATERAL_TCB_INFO_CHAIN));
	set_text(o, "tcb_info", collateral_span(c, COLLATERAL_TCB_INFO));
	set_hex(o, "tcb_info_signature", collateral_span(c, COLLATERAL_TCB_INFO_SIGNATURE));
	set_text(o, "qe_identity_issuer_chain", collateral_span(c, COLLATERAL_QE_IDENTITY_CHAIN));
	set_text(o, "qe_identity", collateral_span(c, COLLATERAL_QE_IDENTITY));
	set_hex(o, "qe_identity_signature", collateral_span(c, COLLATERAL_QE_IDENTITY_SIGNATURE));

	_cleanup_free_ char *text = json_dumps(o, JSON_INDENT(1));

	put(folder, "collateral.json", span_string(text));
}
