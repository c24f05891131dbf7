/*
 * The few commands of a TPM by which a maker gives it its keys and certificates, over a socket that carries
 * nothing else (swtpm's --fd): TPM 2.0 Library, part 3. All authorisations are empty, as in a new TPM.
 *
 * Errors of the TPM (-EPROTO) name the command and the TPM's code; -ECONNRESET: it does not answer at all.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* What a TPM takes of its index in one command, and what an index of libtpms holds. */
#define TPM_NV_CHUNK 512u
#define TPM_NV_MAX 2048u

/* Of an RSA key of 2048 bits. */
#define TPM_MODULUS_SIZE 256u

enum tpm_key_kind {
	TPM_KEY_ENDORSEMENT, /* TCG EK Credential Profile, template L-1 */
	TPM_KEY_ATTESTATION, /* restricted, signs by RSASSA with SHA-256 */
};

struct tpm_key {
	uint32_t handle; /* transient */
	uint8_t modulus[TPM_MODULUS_SIZE];
};

/* Makes the key of this kind in the endorsement hierarchy: the same one each time. */
_must_check_ int tpm_create_primary(int fd, enum tpm_key_kind kind, struct tpm_key *ret,
				    struct error **err);
/* Keeps the key at `persistent`, in place of what is there, and frees its transient handle. */
_must_check_ int tpm_keep(int fd, const struct tpm_key *k, uint32_t persistent, struct error **err);
/* Writes `content` to an index that owner and guest may read, in place of what is there. */
_must_check_ int tpm_nv_put(int fd, uint32_t index, struct span content, struct error **err);
/* Before the power goes: without it the TPM counts the end as a failure. */
_must_check_ int tpm_shutdown(int fd, struct error **err);
