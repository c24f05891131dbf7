#include "attest/ear.h"

#include "base/text.h"

#define PROFILE "tag:github.com,2023:veraison/ear"
#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"

enum {
	NONE = 0,
	GOOD = 2,
	GOOD_AT_BOOT = 3, /* executables: what was loaded until the system ran */
	WARNING = 32,
	UNRECOGNIZED_CODE = 33, /* executables */
	BAD = 96,
	UNRECOGNIZED = 97, /* hardware, instance */
	FORGED = 99,	   /* cryptographic validation failed */
};

#define QUOTE (POLICY_TDX | POLICY_AZURE)
#define TPM (POLICY_AZURE | POLICY_TPM)
#define ALL (POLICY_TDX | POLICY_AZURE | POLICY_TPM)

static const char *const claim_names[EAR_CLAIMS] = {
	[EAR_INSTANCE_IDENTITY] = "instance-identity",
	[EAR_CONFIGURATION] = "configuration",
	[EAR_EXECUTABLES] = "executables",
	[EAR_HARDWARE] = "hardware",
	[EAR_RUNTIME_OPAQUE] = "runtime-opaque",
};

/* What a check says of a claim: by each of its three results; for which kinds of evidence nothing is claimed
 * without it. One that is good as a concession says WARNING. */
static const struct row {
	const char *check;
	enum ear_claim claim;
	uint8_t good, open, refused;
	unsigned needed;
} rows[] = {
	/* The processor, its module and firmware are genuine, and of a version that is accepted. */
	{"pck_chain", EAR_HARDWARE, GOOD, NONE, UNRECOGNIZED, QUOTE},
	{"root_crl", EAR_HARDWARE, GOOD, NONE, UNRECOGNIZED, QUOTE},
	{"pck_crl", EAR_HARDWARE, GOOD, NONE, UNRECOGNIZED, QUOTE},
	{"revocation", EAR_HARDWARE, GOOD, NONE, BAD, QUOTE},
	{"tcb_info", EAR_HARDWARE, GOOD, NONE, UNRECOGNIZED, QUOTE},
	{"qe_identity", EAR_HARDWARE, GOOD, NONE, UNRECOGNIZED, QUOTE},
	{"fmspc", EAR_HARDWARE, GOOD, NONE, UNRECOGNIZED, QUOTE},
	{"qe_report", EAR_HARDWARE, GOOD, NONE, FORGED, QUOTE},
	{"qe", EAR_HARDWARE, GOOD, NONE, UNRECOGNIZED, QUOTE},
	{"quote_signature", EAR_HARDWARE, GOOD, NONE, FORGED, QUOTE},
	{"tcb_status", EAR_HARDWARE, GOOD, NONE, BAD, QUOTE},
	{"tcb_level", EAR_HARDWARE, GOOD, NONE, BAD, 0},
	{"tdx_module", EAR_HARDWARE, GOOD, NONE, UNRECOGNIZED, 0},
	{"advisories", EAR_HARDWARE, GOOD, NONE, BAD, QUOTE},
	/* No list of all evaluations exists: its documents expire, which is checked. */
	{"tcb_evaluation", EAR_HARDWARE, GOOD, GOOD, BAD, QUOTE},
	{"collateral_age", EAR_HARDWARE, GOOD, NONE, BAD, 0},
	{"mr_seam", EAR_HARDWARE, GOOD, NONE, BAD, 0},
	{"dynamic_platform", EAR_HARDWARE, GOOD, NONE, BAD, 0},
	{"cached_keys", EAR_HARDWARE, GOOD, NONE, BAD, 0},
	{"smt", EAR_HARDWARE, GOOD, NONE, BAD, 0},

	/* Nobody outside of the TD reads its memory. */
	{"quote_signature", EAR_RUNTIME_OPAQUE, GOOD, NONE, NONE, QUOTE},
	{"tcb_status", EAR_RUNTIME_OPAQUE, GOOD, NONE, NONE, QUOTE},
	{"debug", EAR_RUNTIME_OPAQUE, GOOD, WARNING, BAD, QUOTE},
	{"td_attributes", EAR_RUNTIME_OPAQUE, GOOD, NONE, BAD, QUOTE},
	{"service_td", EAR_RUNTIME_OPAQUE, GOOD, NONE, BAD, QUOTE},
	{"hcl_binding", EAR_RUNTIME_OPAQUE, GOOD, NONE, NONE, POLICY_AZURE},
	{"paravisor", EAR_RUNTIME_OPAQUE, GOOD, NONE, BAD, POLICY_AZURE},
	{"confidentiality", EAR_RUNTIME_OPAQUE, GOOD, NONE, BAD, POLICY_TPM},

	/* What was loaded until the system ran is what the policy names. */
	{"quote_signature", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, NONE, QUOTE},
	{"hcl_binding", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, FORGED, POLICY_AZURE},
	{"ak_certificate", EAR_EXECUTABLES, GOOD_AT_BOOT, GOOD_AT_BOOT, FORGED, TPM},
	{"ak_key", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, FORGED, 0},
	{"ak_attributes", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, FORGED, POLICY_TPM},
	{"tpm_signature", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, FORGED, TPM},
	{"tpm_selection", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, FORGED, TPM},
	{"tpm_pcrs", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, FORGED, TPM},
	{"registers", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, UNRECOGNIZED_CODE, ALL},
	{"policy", EAR_EXECUTABLES, GOOD_AT_BOOT, GOOD_AT_BOOT, NONE, 0},
	{"rtmr0", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, NONE, 0},
	{"pcr0", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, NONE, 0},
	{"pcr1", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, NONE, 0},
	{"pcr2", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, NONE, 0},
	{"pcr7", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, NONE, 0},
	{"pcr9", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, NONE, 0},
	{"pcr12", EAR_EXECUTABLES, GOOD_AT_BOOT, NONE, NONE, 0},

	/* The settings of the machine and of its node are those that the policy names. */
	{"quote_signature", EAR_CONFIGURATION, GOOD, NONE, NONE, QUOTE},
	{"tpm_pcrs", EAR_CONFIGURATION, GOOD, NONE, NONE, TPM},
	{"configuration", EAR_CONFIGURATION, GOOD, NONE, BAD, ALL},
	{"config", EAR_CONFIGURATION, GOOD, NONE, BAD, 0},
	{"config_measured", EAR_CONFIGURATION, GOOD, NONE, BAD, 0},
	{"pcr3", EAR_CONFIGURATION, GOOD, NONE, NONE, 0},
	{"xfam", EAR_CONFIGURATION, GOOD, NONE, BAD, 0},
	{"secure_boot", EAR_CONFIGURATION, GOOD, NONE, BAD, 0},
	{"tpm_persisted", EAR_CONFIGURATION, GOOD, NONE, BAD, 0},
	{"tpm_enabled", EAR_CONFIGURATION, GOOD, NONE, BAD, 0},
	{"mr_config_id", EAR_CONFIGURATION, GOOD, NONE, BAD, 0},

	/* It is the very machine that the policy names: claimed only where it names one. */
	{"vm_id", EAR_INSTANCE_IDENTITY, GOOD, NONE, UNRECOGNIZED, 0},
	{"instance", EAR_INSTANCE_IDENTITY, GOOD, NONE, UNRECOGNIZED, 0},
	{"tls_key", EAR_INSTANCE_IDENTITY, GOOD, NONE, UNRECOGNIZED, 0},
	{"mr_owner", EAR_INSTANCE_IDENTITY, GOOD, NONE, UNRECOGNIZED, 0},
	{"mr_owner_config", EAR_INSTANCE_IDENTITY, GOOD, NONE, UNRECOGNIZED, 0},
};

/* Claims that evidence of a kind can carry: without one of them no status affirms. */
static const unsigned claim_kinds[EAR_CLAIMS] = {
	[EAR_EXECUTABLES] = ALL,
	[EAR_HARDWARE] = QUOTE,
	[EAR_RUNTIME_OPAQUE] = ALL,
};

static uint8_t value_of(const struct row *row, const struct check *c)
{
	if (c->state == CHECK_REFUSED)
		return row->refused;
	if (c->state == CHECK_OPEN)
		return row->open;
	return c->conceded ? WARNING : row->good;
}

/* Bad news is never lost, and none is worse than good. */
static unsigned rank(uint8_t value)
{
	return value >= WARNING ? value : value == NONE ? 1 : 0;
}

struct ear_vector ear_vector_of(const struct verdict *v, unsigned kind)
{
	struct ear_vector claims = {0};
	bool made[EAR_CLAIMS] = {false};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t *claim = &claims.values[rows[i].claim];
		bool found = false;

		for (size_t j = 0; j < v->n; j++) {
			if (!string_equal(v->items[j].name, rows[i].check))
				continue;

			uint8_t value = value_of(&rows[i], &v->items[j]);

			if (!made[rows[i].claim] || rank(value) > rank(*claim))
				*claim = value;
			made[rows[i].claim] = found = true;
		}
		if (found || !(rows[i].needed & kind))
			continue;
		if (!made[rows[i].claim] || rank(NONE) > rank(*claim))
			*claim = NONE;
		made[rows[i].claim] = true;
	}
	return claims;
}

const char *ear_status(const struct verdict *v, const struct ear_vector *claims, unsigned kind)
{
	bool warned = false, missing = false;

	if (verdict_require(v, NULL) < 0)
		return "contraindicated";
	for (size_t i = 0; i < EAR_CLAIMS; i++) {
		if (claims->values[i] >= BAD)
			return "contraindicated";
		warned |= claims->values[i] >= WARNING;
		missing |= claims->values[i] == NONE && claim_kinds[i] & kind;
	}
	return warned ? "warning" : missing ? "none" : "affirming";
}

/* Base64 for URLs without padding (RFC 7515, section 2). NULL out of memory. */
static char *token_text(struct span bytes)
{
	char *text = base64_string(bytes);

	if (!text)
		return NULL;
	for (char *p = text; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	text[strcspn(text, "=")] = 0;
	return text;
}

static bool set_text(json_t *o, const char *name, const char *text)
{
	return json_object_set_new(o, name, json_string(text)) == 0;
}

static bool set_number(json_t *o, const char *name, int64_t n)
{
	return json_object_set_new(o, name, json_integer(n)) == 0;
}

static json_t *vector_json(const struct ear_vector *claims)
{
	json_t *o = json_object();
	bool ok = o;

	for (size_t i = 0; i < EAR_CLAIMS; i++)
		ok = ok && (!claims->values[i] || set_number(o, claim_names[i], claims->values[i]));
	return json_complete(o, ok);
}

/* "ni:///sha-256;..." (RFC 6920) */
static char *policy_name(const struct ear_about *about)
{
	_cleanup_free_ char *text = token_text(digest_span(&about->policy));

	return text ? string_printf("ni:///sha-256;%s", text) : NULL;
}

static json_t *appraisal_json(const struct verdict *v, const struct ear_about *about)
{
	struct ear_vector claims = ear_vector_of(v, about->kind);
	_cleanup_free_ char *name = about->n_documents ? policy_name(about) : NULL;
	json_t *o = json_object();
	bool ok = (name || !about->n_documents) &&
		  set_text(o, "ear.status", ear_status(v, &claims, about->kind)) &&
		  json_object_set_new(o, "ear.trustworthiness-vector", vector_json(&claims)) == 0 &&
		  (!name || set_text(o, "ear.appraisal-policy-id", name)) &&
		  json_object_set_new(o, "ear.tdnode.verdict", verdict_object(v)) == 0;

	return json_complete(o, ok);
}

/* Whether all of the evidence is bound to all of what the policy asked for. */
static bool nonce_fits(const struct verdict *v)
{
	bool fits = false;

	for (size_t i = 0; i < v->n; i++) {
		if (!string_equal(v->items[i].name, "report_data") &&
		    !string_equal(v->items[i].name, "tpm_nonce_half") &&
		    !string_equal(v->items[i].name, "tpm_nonce"))
			continue;
		if (v->items[i].state != CHECK_GOOD)
			return false;
		fits = true;
	}
	return fits;
}

static bool set_nonce(json_t *o, const struct verdict *v, const struct policy_report_data *d)
{
	_cleanup_free_ char *text = NULL;

	if (!d->given || !nonce_fits(v))
		return true;
	text = token_text(SPAN(d->bytes, sizeof d->bytes));
	return text && set_text(o, "eat_nonce", text);
}

static const char *kind_name(unsigned kind)
{
	return kind == POLICY_TPM ? "tpm" : kind == POLICY_AZURE ? "azure-tdx" : "tdx";
}

static json_t *claims_json(const struct verdict *v, const struct ear_about *about)
{
	json_t *o = json_object(), *verifier = json_object(), *submods = json_object();
	bool ok = set_text(verifier, "build", about->build) &&
		  set_text(verifier, "developer", "tdnode") &&
		  json_object_set_new(submods, kind_name(about->kind), appraisal_json(v, about)) ==
			  0 &&
		  set_text(o, "eat_profile", PROFILE) && set_number(o, "iat", v->at) &&
		  /* Until then all that was checked stays as it is. */
		  (!v->until || set_number(o, "exp", v->until)) &&
		  set_nonce(o, v, &about->report_data);

	ok = json_object_set_new(o, "ear.verifier-id", verifier) == 0 && ok;
	ok = json_object_set_new(o, "submods", submods) == 0 && ok;
	return json_complete(o, ok && !v->failed);
}

/* Takes `claims`. */
static int sign(json_t *claims, const struct p256_private *key, struct buffer *ret,
		struct error **err)
{
	_cleanup_free_ char *text =
		claims ? json_dumps(claims, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	_cleanup_free_ char *header = token_text(SPAN_LITERAL(HEADER));
	_cleanup_free_ char *payload = text ? token_text(span_string(text)) : NULL;
	_cleanup_free_ char *message =
		header && payload ? string_printf("%s.%s", header, payload) : NULL;
	_cleanup_free_ char *encoded = NULL;
	uint8_t signature[P256_SIZE];
	int r;

	json_decref(claims);
	if (!message)
		return error_oom(err);
	r = p256_sign(key, span_string(message), signature, err);
	if (r < 0)
		return r;
	encoded = token_text(SPAN(signature, sizeof signature));
	if (!encoded)
		return error_oom(err);
	buffer_printf(ret, "%s.%s\n", message, encoded);
	return buffer_ok(ret) ? 0 : error_oom(err);
}

int ear_encode(const struct verdict *v, const struct ear_about *about,
	       const struct p256_private *key, struct buffer *ret, struct error **err)
{
	json_t *claims = claims_json(v, about);

	return key ? sign(claims, key, ret, err) : json_text_sorted(claims, ret, err);
}
