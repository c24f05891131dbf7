/*
 * The TPM of the machine, as guest programs reach it. All commands run over /dev/tpm0: only one program at a
 * time speaks with the TPM, and the kernel's resource manager (/dev/tpmrm0) would save and load keys and
 * sessions around each command.
 */
#pragma once

#include <tss2/tss2_esys.h>

#include "base/error.h"

/* Starts as all zeros. */
struct tpm_device {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
};

/* True if the machine has no TPM. */
bool tpm_device_is_absent(void);

/* -ENODEV if there is no TPM. Releasing closes the device; what is loaded into the TPM stays there. */
_must_check_ int tpm_device_open(struct tpm_device *ret, struct error **err);
void tpm_device_release(struct tpm_device *d);

/* tpm_codes.c. Makes the error (-EIO) of a command: "the TPM cannot WHAT: why (0x...)". */
int tpm_failed(TSS2_RC rc, const char *what, struct error **err);
/* A response code of the TPM without handle, session and parameter numbers. */
TSS2_RC tpm_base_code(TSS2_RC rc);
