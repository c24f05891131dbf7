/*
 * What somebody accepts: registers of builds, and states of platforms. docs/verify.md has the shapes.
 *
 * Documents of several kinds are read into one policy. Each build is an alternative: one of them has to fit
 * as a whole. What a document of tdnode's own kind says holds beside all alternatives.
 */
#pragma once

#include "attest/roots.h"
#include "attest/verdict.h"
#include "formats/pck.h"
#include "formats/quote.h"
#include "measure/registers.h"

/* Of a document: measurements.json has 20 KiB. */
#define POLICY_MAX (4u << 20)
#define POLICY_ALTERNATIVES_MAX 1024u
/* Values of one register, or of one list. */
#define POLICY_VALUES_MAX 256u
/* Statuses that a platform may have: there are nine. */
#define POLICY_STATUSES_MAX 16u

/* Kinds of evidence. */
enum {
	POLICY_TDX = 1 << 0,   /* quotes without a paravisor: any platform but Azure */
	POLICY_AZURE = 1 << 1, /* with Azure's paravisor and its virtual TPM */
	POLICY_TPM = 1 << 2,   /* a TPM alone */
};

/* Algorithms of values, as bits. Registers of a TPM have values in one bank or in both. */
#define POLICY_SHA256 (1u << DIGEST_SHA256)
#define POLICY_SHA384 (1u << DIGEST_SHA384)
#define POLICY_BANKS (POLICY_SHA256 | POLICY_SHA384)

/* Values of which one has to be there; none: anything may be. */
struct policy_values {
	struct digest *items;
	size_t n;
};

struct policy_alternative {
	char *name;
	unsigned kinds; /* of evidence for which it counts */
	struct policy_values registers[REGISTERS];
};

/* Which bits have to be which. */
struct policy_bits {
	bool given;
	uint8_t mask[8], value[8];
};

struct policy_report_data {
	bool given;
	uint8_t bytes[64];
};

enum policy_service_td {
	POLICY_SERVICE_TD_NONE,
	POLICY_SERVICE_TD_ANY,
	POLICY_SERVICE_TD_LISTED,
};

struct policy {
	struct policy_alternative *alternatives;
	size_t n, capacity;
	struct policy_alternative
		own; /* holds beside the alternatives; kinds is 0 if nothing does */
	bool has_own;

	unsigned statuses[POLICY_STATUSES_MAX]; /* findings (tcb_status.h), beside none */
	size_t n_statuses;
	bool advisories_limited;
	struct string_list advisories_allowed, advisories_denied;
	uint32_t evaluation_number_min;
	uint64_t collateral_days_max; /* 0: as long as it is valid */
	bool debug;
	enum policy_service_td service_td;
	struct policy_values service_tds;
	struct policy_bits td_attributes, xfam;
	struct policy_values mr_seam, mr_config_id, mr_owner, mr_owner_config;
	/* PCK_FLAG_UNKNOWN: as it is */
	enum pck_flag dynamic_platform, cached_keys, smt;

	struct policy_values paravisors; /* beside those that are built in */
	enum pck_flag secure_boot, tpm_persisted;
	char *vm_id;

	bool without_confidentiality; /* a TPM alone is enough */
	struct policy_report_data report_data;
	/* Of SubjectPublicKeyInfo: the service's TLS key; the TPM's attestation key. */
	struct policy_values tls_keys, instances;
	/* Of the node's configuration, in place of builds' PCR 8. */
	struct policy_values config;
	char *intel_roots, *azure_roots, *tpm_roots; /* PEM; NULL: those that are built in */

	/* SHA-256 of the document; with a second one, of the digest so far and the second's, and so on. */
	struct digest id;
	size_t n_documents;
};

void policy_release(struct policy *p);

/* Adds a document of any kind. `name` is for messages and alternatives that have none. */
_must_check_ int policy_add(struct policy *p, const char *name, struct span json,
			    struct error **err);

/* Whether one of the values is of that algorithm. */
bool policy_has_bank(const struct policy_values *l, enum digest_algorithm bank);
/* Whether quotes of that bank can be judged: SHA-256, and others of which the policy has values. */
bool policy_accepts_bank(const struct policy *p, enum digest_algorithm bank);

/* The roots that the policy names, the built-in ones for what it does not; those of Azure only if asked for.
 * `known`: as of certificates_parse(), for Intel's. */
_must_check_ int policy_roots(const struct policy *p, bool azure, const struct certificates *known,
			      struct attest_roots *ret, struct error **err);
