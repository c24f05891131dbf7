/*
 * What the files that speak with the TPM share. A TPM has room for three keys at least: no more are loaded
 * at once. All that is secret is encrypted between here and the TPM by a session that is salted with the
 * storage root key.
 */
#pragma once

#include "guest/disk/disk.h"
#include "guest/tpm/tpm_device.h"

struct tpm {
	struct tpm_device device;
	ESYS_TR srk;	 /* the storage root key */
	ESYS_TR session; /* authorises with the empty password, encrypts parameters both ways */
	struct tpm_name srk_name;
};

static inline void esys_freep(void *pointer_to_pointer)
{
	void *p;

	memcpy(&p, pointer_to_pointer, sizeof(p));
	Esys_Free(p);
}
#define _cleanup_esys_ _cleanup_(esys_freep)

/* A policy session; the caller flushes it. */
_must_check_ int tpm_start_policy(struct tpm *t, ESYS_TR *ret, struct error **err);
/* Flushes what is not ESYS_TR_NONE. */
void tpm_flush(struct tpm *t, ESYS_TR handle);

/* A SHA-256 digest as the TPM takes it. */
TPM2B_DIGEST tpm_digest(const struct digest *d);
/* The registers (TPM_PCRS_...) in the SHA-256 bank. */
TPML_PCR_SELECTION tpm_selection(uint32_t registers);

/* An NV index of the owner, readable and writable by all. */
_must_check_ int tpm_define_index(struct tpm *t, const TPMS_NV_PUBLIC *public, const char *what,
				  ESYS_TR *ret, struct error **err);

/*
 * Who sealed. A policy says who may open a sealed secret, but anybody who can use the TPM may seal under
 * any policy: other code, started by the host in this VM, could leave a disk whose key it knows and
 * that this image opens. So the secret must have been sealed by code that may open it: the TPM's
 * creation ticket proves which registers there were, and these must be the present ones, or ones that
 * the policy key signed. -ERROR_REFUSED if not.
 */
_must_check_ int creation_check(struct tpm *tpm, ESYS_TR object, const struct policy *p,
				const struct luks2_tpm *t, const struct tpm_pcrs *pcrs,
				struct error **err);
