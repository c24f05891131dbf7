#include "measure/platform.h"

/* PCR 0 to 23. */
#define TPM_REGISTERS (REGISTER_BIT(REGISTER_MRTD) - 1)
#define TDX_REGISTERS                                                  \
	(REGISTER_BIT(REGISTER_MRTD) | REGISTER_BIT(REGISTER_RTMR0) |  \
	 REGISTER_BIT(REGISTER_RTMR1) | REGISTER_BIT(REGISTER_RTMR2) | \
	 REGISTER_BIT(REGISTER_RTMR3))

static const struct {
	const char *name;
	bool confidential;
	uint32_t registers;
} platforms[] = {
	[PLATFORM_ANY] = {"any", false, TPM_REGISTERS | TDX_REGISTERS},
	[PLATFORM_AZURE_TDX] = {"azure-tdx", true, TPM_REGISTERS | TDX_REGISTERS},
	[PLATFORM_GCP_TDX] = {"gcp-tdx", true, TDX_REGISTERS},
	[PLATFORM_QEMU_TDX] = {"qemu-tdx", true, TDX_REGISTERS},
	[PLATFORM_QEMU] = {"qemu", false, TPM_REGISTERS},
};

const char *platform_name(enum platform p)
{
	return platforms[p].name;
}

bool platform_is_confidential(enum platform p)
{
	return platforms[p].confidential;
}

bool platform_has_rtmrs(enum platform p)
{
	return p == PLATFORM_GCP_TDX || p == PLATFORM_QEMU_TDX;
}

uint32_t platform_registers(enum platform p, bool vtpm)
{
	return platforms[p].registers | (vtpm ? TPM_REGISTERS : 0);
}
