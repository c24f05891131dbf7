/*
 * Whether the running machine is a confidential VM, and whose TPM it has.
 */
#pragma once

#include "base/compiler.h"

enum confidential {
	CONFIDENTIAL_NOT,
	CONFIDENTIAL_PARAVISOR, /* the TPM lies inside the trust boundary */
	CONFIDENTIAL_HOST_TPM,	/* TDX or SEV-SNP alone: any TPM is the host's */
};
struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};
/* The answer to a leaf, of subleaf 0. */
typedef struct cpuid (*cpuid_function)(uint32_t leaf);

enum confidential confidential_vm(void);
/* The same from given answers. */
enum confidential confidential_judge(cpuid_function cpuid, bool has_snp_device);
