#include "attest/connection.h"

#include "attest/attest.h"
#include "attest/judge.h"

static const enum verdict_question here = VERDICT_IDENTITY;

static const struct {
	const char *name, *check, *open;
} kinds[PINS] = {
	[PIN_TLS_KEY] = {"tls-key", "tls_key",
			 "not pinned: it is new at each start of the machine"},
	[PIN_CONFIG] = {"config", "config",
			"not pinned: what the policy's registers do not fix may be any"},
	[PIN_INSTANCE] = {"instance", "instance",
			  "not pinned: another machine that runs the same would do"},
};

const char *pin_name(enum pin_kind k)
{
	return kinds[k].name;
}

/* What anybody can see without a signature, said in words that a digest has not. */
static bool check_answer(const struct evidence_binding *b, const struct connection *c,
			 struct verdict *v)
{
	if (!b->given || b->purpose != BINDING_CHANNEL) {
		verdict_refuse(v, here, "channel", NULL, NULL,
			       "the evidence is not for a connection: %s",
			       b->given ? "it is for a file" : "it says nothing of what it is for");
		return false;
	}
	if (memcmp(b->nonce, c->nonce, sizeof c->nonce) != 0) {
		verdict_refuse(v, here, "channel", NULL, NULL,
			       "the evidence answers another question: it was given to somebody "
			       "else, or before");
		return false;
	}
	if (memcmp(b->key, c->key, sizeof c->key) != 0) {
		verdict_refuse(v, here, "channel", NULL, NULL,
			       "the evidence is of another TLS key than that of this connection");
		return false;
	}
	return true;
}

/* False: this evidence has none. */
static bool instance_of(const struct evidence *e, struct digest *ret)
{
	_cleanup_(certificates_release) struct certificates l = {0};

	if (!e->ak_certificate.n ||
	    certificates_parse(buffer_span(&e->ak_certificate), true, NULL, &l, NULL) < 0)
		return false;
	*ret = certificate_key_digest(l.items[0]);
	return true;
}

/* What the machine is; an unknown digest has no algorithm. */
static void identify(const struct evidence *e, const struct connection *c, struct digest ret[PINS],
		     bool known[PINS])
{
	ret[PIN_TLS_KEY] = (struct digest){.algorithm = DIGEST_SHA256};
	memcpy(ret[PIN_TLS_KEY].bytes, c->key, sizeof c->key);
	ret[PIN_CONFIG] = digest_bytes(DIGEST_SHA256, buffer_span(&e->binding.config));
	known[PIN_TLS_KEY] = true;
	known[PIN_CONFIG] = e->binding.config.n;
	known[PIN_INSTANCE] = instance_of(e, &ret[PIN_INSTANCE]);
}

static void judge_pins(const struct pins *pins, const struct digest seen[PINS],
		       const bool known[PINS], struct verdict *v)
{
	for (size_t k = 0; k < PINS; k++) {
		char have[DIGEST_HEX_MAX] = "none", wanted[DIGEST_HEX_MAX];

		if (known[k])
			digest_hex(&seen[k], have);
		if (pins->given[k])
			digest_hex(&pins->values[k], wanted);
		if (!pins->given[k])
			verdict_open(v, here, kinds[k].check, "%s: %s", have, kinds[k].open);
		else if (known[k] && digest_equal(&seen[k], &pins->values[k]))
			verdict_good(v, here, kinds[k].check, "%s, as it is pinned", have);
		else
			verdict_refuse(v, here, kinds[k].check, have, wanted,
				       "another one than that which is pinned");
	}
}

/* The text came from the service: the register says whether the machine runs by it. */
static void judge_config(const struct evidence *e, struct verdict *v)
{
	const char *seen =
		json_string_value(json_object_get(json_object_get(v->facts, "registers"), "8"));
	char wanted[DIGEST_HEX_MAX];
	struct digest d;

	if (!e->binding.config.n)
		return;
	if (!seen) {
		verdict_open(v, here, "config_measured",
			     "the evidence has no PCR 8: the configuration is what the service "
			     "says it is");
		return;
	}
	/* Of whichever bank the quote is. */
	d = digest_bytes(strlen(seen) == 2 * digest_size(DIGEST_SHA384) ? DIGEST_SHA384
									: DIGEST_SHA256,
			 buffer_span(&e->binding.config));
	d = judge_register_of_config(&d);
	digest_hex(&d, wanted);
	if (string_equal(seen, wanted))
		verdict_good(v, here, "config_measured",
			     "PCR 8 is that of the configuration that the node sent");
	else
		verdict_refuse(v, here, "config_measured", seen, wanted,
			       "PCR 8 is not that of the configuration that the node sent");
}

static int add_facts(const struct evidence *e, const struct digest seen[PINS],
		     const bool known[PINS], struct verdict *v, struct error **err)
{
	json_t *o = json_object();
	bool ok = o;

	for (size_t k = 0; ok && k < PINS; k++) {
		char hex[DIGEST_HEX_MAX];

		if (!known[k])
			continue;
		digest_hex(&seen[k], hex);
		ok = json_object_set_new(o, kinds[k].check, json_string(hex)) >= 0;
	}
	if (ok && e->binding.claims.n)
		ok = json_object_set_new(o, "claims",
					 json_string(buffer_text(&e->binding.claims))) >= 0;
	if (ok && e->binding.config.n)
		ok = json_object_set_new(o, "configuration",
					 json_string(buffer_text(&e->binding.config))) >= 0;
	o = json_complete(o, ok);
	return o && json_object_set_new(v->facts, "connection", o) >= 0 ? 0 : error_oom(err);
}

int attest_judge_connection(const struct evidence *e, const struct connection *c,
			    const struct pins *pins, const struct kept_collateral *kept,
			    const struct policy *p, struct verdict *v, struct error **err)
{
	struct binding binding = {
		.purpose = BINDING_CHANNEL,
		.config = buffer_span(&e->binding.config),
		.claims = buffer_span(&e->binding.claims),
	};
	struct policy bound = *p; /* what it points to stays the caller's */
	struct digest seen[PINS];
	bool known[PINS];
	int r;

	if (!check_answer(&e->binding, c, v)) {
		v->evidence = strdup("evidence that was not looked at");
		return v->failed || !v->evidence ? error_oom(err) : 0;
	}
	memcpy(binding.nonce, c->nonce, sizeof binding.nonce);
	memcpy(binding.exporter, c->exporter, sizeof binding.exporter);
	memcpy(binding.key, c->key, sizeof binding.key);
	bound.report_data.given = true;
	binding_digest(&binding, bound.report_data.bytes);
	r = attest_judge_kept(e, kept, &bound, v, err);
	/* Without facts it is not genuine. */
	if (r < 0 || !v->facts)
		return r;
	identify(e, c, seen, known);
	judge_pins(pins, seen, known, v);
	judge_config(e, v);
	r = add_facts(e, seen, known, v, err);
	return r < 0 ? r : v->failed ? error_oom(err) : 0;
}
