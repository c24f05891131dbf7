/*
 * Where an image runs: which registers exist there, and what the machine does with a boot.
 */
#pragma once

#include "measure/registers.h"

enum platform {
	PLATFORM_ANY,	    /* none is named: what holds on all of them */
	PLATFORM_AZURE_TDX, /* a paravisor below the image: a TPM, and empty RTMRs */
	PLATFORM_GCP_TDX,
	PLATFORM_QEMU_TDX,
	PLATFORM_QEMU, /* a TPM, no TDX module */
};

/* "azure-tdx"; "any" */
const char *platform_name(enum platform p);

/* systemd's stub sees that it runs in a confidential VM. */
_must_check_ bool platform_is_confidential(enum platform p);

/* A TDX module that measures what boots, so that the machine may have a TPM besides. */
_must_check_ bool platform_has_rtmrs(enum platform p);

/* The registers that a verifier gets from there, with a TPM besides if `vtpm`: REGISTER_BIT() of
 * each. */
uint32_t platform_registers(enum platform p, bool vtpm);
