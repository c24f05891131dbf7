/*
 * Whether this is a confidential VM, as the processor says: its TDX module answers CPUID, of SEV-SNP the
 * kernel reads a register, and where a paravisor stands between, that answers. A host can claim a paravisor
 * only to a VM that is not confidential.
 */
#include "base/confidential.h"

#include <cpuid.h>

#include "base/file.h"

/* Intel TDX Module Base Architecture, CPUID leaf 0x21. */
#define TDX_LEAF 0x21u
/* Microsoft's Hypervisor Top Level Functional Specification: the vendor and features of a hypervisor, and
 * how it isolates its guest. */
#define HYPERVISOR_LEAF 0x40000000u
#define HYPERV_FEATURES_LEAF 0x40000003u
#define HYPERV_ISOLATION_LEAF 0x4000000cu
#define HYPERV_ISOLATION (1u << 22) /* in EBX of the features */
#define HYPERV_ISOLATION_TYPE 0xfu  /* in EBX of the isolation; 0: none */
#define FEATURES_LEAF 1u
#define FEATURES_HYPERVISOR (1u << 31) /* in ECX */

/* EAX of the isolation's configuration: a paravisor is present, and the TPM is its. */
#define HYPERV_PARAVISOR 1u

/* The device that the kernel makes where the processor says (SEV_STATUS) that SEV-SNP is on. */
#define SNP_DEVICE "/sys/bus/platform/devices/sev-guest"

/* The twelve characters in these registers are the text. */
static bool is_vendor(uint32_t a, uint32_t b, uint32_t c, const char text[12])
{
	const uint32_t words[] = {a, b, c};

	return memcmp(words, text, sizeof(words)) == 0;
}

static bool is_tdx(cpuid_function cpuid)
{
	struct cpuid c;

	if (cpuid(0).eax < TDX_LEAF)
		return false;
	c = cpuid(TDX_LEAF);
	return is_vendor(c.ebx, c.edx, c.ecx, "IntelTDX    ");
}

/* The leaf that says how Hyper-V isolates this guest; zeros if it does not. */
static struct cpuid hyperv_isolation(cpuid_function cpuid)
{
	const struct cpuid none = {0};
	struct cpuid c;

	if (!(cpuid(FEATURES_LEAF).ecx & FEATURES_HYPERVISOR))
		return none;
	c = cpuid(HYPERVISOR_LEAF);
	if (c.eax < HYPERV_ISOLATION_LEAF || !is_vendor(c.ebx, c.ecx, c.edx, "Microsoft Hv") ||
	    !(cpuid(HYPERV_FEATURES_LEAF).ebx & HYPERV_ISOLATION))
		return none;
	c = cpuid(HYPERV_ISOLATION_LEAF);
	return c.ebx & HYPERV_ISOLATION_TYPE ? c : none;
}

enum confidential confidential_judge(cpuid_function cpuid, bool has_snp_device)
{
	struct cpuid isolation;

	/* First: where no paravisor stands between, the leaves of a hypervisor are the host's to answer. A
	 * paravisor shows its guest neither TDX nor SEV-SNP. */
	if (is_tdx(cpuid) || has_snp_device)
		return CONFIDENTIAL_HOST_TPM;
	isolation = hyperv_isolation(cpuid);
	if (!isolation.ebx)
		return CONFIDENTIAL_NOT;
	return isolation.eax & HYPERV_PARAVISOR ? CONFIDENTIAL_PARAVISOR : CONFIDENTIAL_HOST_TPM;
}

static struct cpuid processor_cpuid(uint32_t leaf)
{
	struct cpuid c;

	__cpuid_count(leaf, 0, c.eax, c.ebx, c.ecx, c.edx);
	return c;
}

enum confidential confidential_vm(void)
{
	return confidential_judge(processor_cpuid, !path_is_absent(SNP_DEVICE));
}
