/*
 * What the files that speak with the TPM share. All commands run over /dev/tpmrm0, and all that is
 * secret is encrypted between here and the TPM by a session that is salted with the storage root key.
 */
#pragma once

#include <tss2/tss2_esys.h>

#include "guest/disk/disk.h"

struct tpm {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
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

/* The error of a command: "the TPM cannot WHAT (0x...)". */
int tpm_failed(TSS2_RC rc, const char *what, struct error **err);
/* A response code of the TPM without handle, session and parameter numbers. */
TSS2_RC tpm_base_code(TSS2_RC rc);

/* A policy session; the caller flushes it. */
_must_check_ int tpm_start_policy(struct tpm *t, ESYS_TR *ret, struct error **err);
/* Flushes what is not ESYS_TR_NONE. */
void tpm_flush(struct tpm *t, ESYS_TR handle);

/* The registers of TPM_POLICY_PCRS in the SHA-256 bank. */
TPML_PCR_SELECTION tpm_selection(void);
