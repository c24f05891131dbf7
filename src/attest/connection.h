/*
 * Evidence of a connection: judged as attest_judge() does, and held against the connection that it came by and
 * against what identifies one machine among all that run the same image.
 */
#pragma once

#include "attest/kept_collateral.h"
#include "attest/policy.h"
#include "formats/binding.h"
#include "formats/evidence.h"

/* What the client's end of the connection knows, never what the evidence says of itself. */
struct connection {
	uint8_t nonce[BINDING_NONCE_SIZE];
	uint8_t exporter[BINDING_EXPORTER_SIZE];
	uint8_t key[BINDING_KEY_SIZE]; /* of the server */
};

enum pin_kind {
	PIN_TLS_KEY,  /* SHA-256 of its SubjectPublicKeyInfo: until the machine starts anew */
	PIN_CONFIG,   /* SHA-256 of the canonical configuration */
	PIN_INSTANCE, /* SHA-256 of the attestation key's SubjectPublicKeyInfo: one TPM */
	PINS,
};

/* "tls-key", "config", "instance". */
const char *pin_name(enum pin_kind k);

/* What is asked for beside the policy. */
struct pins {
	bool given[PINS];
	struct digest values[PINS]; /* SHA-256 */
};

/*
 * As attest_judge_kept(). The policy has no report data of its own. Of the machine's identity the verdict says what is
 * not pinned; its facts have it as "connection".
 */
_must_check_ int attest_judge_connection(const struct evidence *e, const struct connection *c,
					 const struct pins *pins,
					 const struct kept_collateral *kept, const struct policy *p,
					 struct verdict *v, struct error **err);
