/*
 * What tdnode's evidence is bound to: 64 bytes, which are the report data of a TD's quote and the qualifying
 * data of a TPM's. One SHA-512 over
 *
 *	purpose     "tdnode/1 channel" or "tdnode/1 evidence"
 *	00
 *	nonce       32 bytes of whoever asks
 *	exporter    32 bytes of the finished handshake; of a channel only
 *	key         SHA-256 of the SubjectPublicKeyInfo (DER) of the service's TLS key
 *	config      SHA-256 of the canonical form of the configuration (formats/config.h), empty if there is none
 *	claims      SHA-256 of the text of the claims (below)
 *
 * All parts but the first have one size, and no purpose is the beginning of another, so nothing can be read as
 * something else. Evidence for one purpose is none for the other.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#define BINDING_NONCE_SIZE 32u
#define BINDING_KEY_SIZE 32u
#define BINDING_SIZE 64u

/* TLS-Exporter(label, nonce, 32), RFC 8446, 7.5: the nonce is its context. */
#define BINDING_EXPORTER_LABEL "EXPORTER-tdnode-attestation"
#define BINDING_EXPORTER_SIZE 32u

enum binding_purpose {
	BINDING_CHANNEL,  /* of this connection, and of no other */
	BINDING_EVIDENCE, /* for a file: of this nonce, not of a connection */
	BINDING_PURPOSES_,
};

/* "channel", "evidence": as documents have it. */
const char *binding_purpose_name(enum binding_purpose p);

struct binding {
	enum binding_purpose purpose;
	uint8_t nonce[BINDING_NONCE_SIZE];
	uint8_t exporter[BINDING_EXPORTER_SIZE]; /* of a channel */
	uint8_t key[BINDING_KEY_SIZE];
	struct span config, claims;
};

void binding_digest(const struct binding *b, uint8_t ret[BINDING_SIZE]);

/*
 * Claims: what the machine says of itself beside its configuration. Lines "name=value" in the order of their
 * names, each ended by a line feed: names of a-z, 0-9 and _, values of printable ASCII. What is not there is
 * not known (yet).
 *
 *	boot_time		when the machine started, by its own clock: 2026-06-30T07:53:47Z
 *	consensus_peer_id	of the consensus client in its network
 *	disk			which persistent disk is open, if it can be recovered (formats/disk_key.h)
 *	execution_enode		of the execution client in its network
 *	image			name of the image
 */
#define CLAIMS_MAX 4096u
#define CLAIM_VALUE_MAX 512u

/* Appends a line. The caller keeps the order. A value that cannot be one is an error. */
_must_check_ int claims_put(struct buffer *b, const char *name, struct span value,
			    struct error **err);

/* -ERROR_MALFORMED unless the text is lines as above. */
_must_check_ int claims_check(struct span text, struct error **err);
