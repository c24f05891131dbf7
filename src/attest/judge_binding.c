#include "attest/azure_verify.h"
#include "attest/judge.h"

static const enum verdict_question here = VERDICT_IDENTITY;

/* What the machine was given when the evidence was made; empty if there is no place for it. */
static struct span bound_data(const struct subject *s)
{
	if (s->kind == POLICY_TDX)
		return SPAN(verified_quote_facts(s->quote)->quote.td.report_data, 64);
	if (s->kind == POLICY_TPM)
		return SPAN(verified_tpm_facts(s->tpm)->extra_data,
			    verified_tpm_facts(s->tpm)->extra_data_size);
	return s->azure->claims.has_user_data ? SPAN(s->azure->claims.user_data, HCL_USER_DATA_SIZE)
					      : (struct span){0};
}

bool subject_is_bound(const struct subject *s)
{
	uint8_t wanted[BINDING_SIZE];

	return evidence_binding_digest(s->binding, wanted) &&
	       span_equal(bound_data(s), SPAN(wanted, sizeof wanted));
}

static void judge_digest(const char *name, const struct digest *seen, const struct policy_values *l,
			 struct verdict *v)
{
	char have[DIGEST_HEX_MAX], wanted[DIGEST_HEX_MAX];

	digest_hex(seen, have);
	digest_hex(&l->items[0], wanted);
	for (size_t i = 0; i < l->n; i++) {
		if (!digest_equal(&l->items[i], seen))
			continue;
		verdict_good(v, here, name, "%s", have);
		return;
	}
	verdict_refuse(v, here, name, have, wanted, "none of the %zu that are accepted", l->n);
}

static void judge_tls_key(const struct subject *s, const struct policy *p, struct verdict *v)
{
	struct digest key = {.algorithm = DIGEST_SHA256};

	memcpy(key.bytes, s->binding->key, sizeof s->binding->key);
	if (subject_is_bound(s))
		judge_digest("tls_key", &key, &p->tls_keys, v);
	else
		verdict_refuse(v, here, "tls_key", NULL, NULL,
			       "the evidence is not bound to a key that it names");
}

static void judge_instance(const struct subject *s, const struct policy *p, struct verdict *v)
{
	if (s->tpm)
		judge_digest("instance", &verified_tpm_facts(s->tpm)->key, &p->instances, v);
	else
		verdict_refuse(v, here, "instance", NULL, NULL,
			       "evidence without a TPM does not say which machine it is of");
}

void judge_binding(const struct subject *s, const struct policy *p, struct verdict *v)
{
	uint8_t wanted[BINDING_SIZE];

	if (evidence_binding_digest(s->binding, wanted)) {
		if (subject_is_bound(s))
			verdict_good(v, here, "binding",
				     "the evidence is bound to the key, the configuration and the "
				     "claims that it names");
		else
			verdict_refuse(v, here, "binding", NULL, NULL,
				       "the evidence is not bound to the key, the configuration "
				       "and the claims that it names");
	}
	if (p->tls_keys.n)
		judge_tls_key(s, p, v);
	if (p->instances.n)
		judge_instance(s, p, v);
}
