/*
 * Whether this is a confidential VM, as the processor says: its TDX module answers CPUID, and where a
 * paravisor stands between, that does. The host cannot change either answer.
 */
#include <cpuid.h>

#include "guest/disk/disk.h"

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

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf)
{
	struct cpuid c;

	__cpuid_count(leaf, 0, c.eax, c.ebx, c.ecx, c.edx);
	return c;
}

/* The twelve characters in these registers are the text. */
static bool is_vendor(uint32_t a, uint32_t b, uint32_t c, const char text[12])
{
	const uint32_t words[] = {a, b, c};

	return memcmp(words, text, sizeof(words)) == 0;
}

bool confidential_vm(void)
{
	struct cpuid basic = cpuid(0), c;

	if (basic.eax >= TDX_LEAF) {
		c = cpuid(TDX_LEAF);
		if (is_vendor(c.ebx, c.edx, c.ecx, "IntelTDX    "))
			return true;
	}
	if (!(cpuid(FEATURES_LEAF).ecx & FEATURES_HYPERVISOR))
		return false;
	c = cpuid(HYPERVISOR_LEAF);
	return c.eax >= HYPERV_ISOLATION_LEAF && is_vendor(c.ebx, c.ecx, c.edx, "Microsoft Hv") &&
	       cpuid(HYPERV_FEATURES_LEAF).ebx & HYPERV_ISOLATION &&
	       cpuid(HYPERV_ISOLATION_LEAF).ebx & HYPERV_ISOLATION_TYPE;
}
