#include "measure/registers.h"

#include <stdarg.h>
#include <stdio.h>

/* What a register is for (UAPI.7, and the TCG's profile). */
static const char *const purposes[REGISTERS] = {
	[PCR_PLATFORM_CODE] = "firmware",
	[PCR_PLATFORM_CONFIG] = "settings of the firmware, the machine",
	[PCR_EXTERNAL_CODE] = "drivers, option ROMs",
	[PCR_EXTERNAL_CONFIG] = "their settings",
	[PCR_BOOT_LOADER_CODE] = "programs that firmware starts",
	[PCR_BOOT_LOADER_CONFIG] = "partition table, leaving boot services",
	[PCR_HOST_PLATFORM] = "the machine's manufacturer",
	[PCR_SECURE_BOOT_POLICY] = "Secure Boot",
	[PCR_CONFIGURATION] = "configuration of the node",
	[PCR_KERNEL_INITRD] = "command line and initrd, as the kernel gets them",
	[PCR_IMA] = "the kernel's integrity measurement",
	[PCR_KERNEL_BOOT] = "sections of the boot image",
	[PCR_KERNEL_CONFIG] = "what comes from outside of the image",
	[PCR_SYSEXTS] = "system extensions",
	[PCR_SHIM_POLICY] = "policy of boot loaders",
	[PCR_SYSTEM_IDENTITY] = "identity of the system",
	[16] = "for debugging",
	[17] = "dynamic launch",
	[18] = "dynamic launch",
	[19] = "dynamic launch",
	[20] = "dynamic launch",
	[21] = "dynamic launch",
	[22] = "dynamic launch",
	[23] = "for applications",
	[REGISTER_MRTD] = "what a trust domain starts with: its firmware",
	[REGISTER_RTMR0] = "settings of the firmware, the machine",
	[REGISTER_RTMR1] = "programs that firmware starts, partition table",
	[REGISTER_RTMR2] = "command line, initrd, sections of the boot image",
	[REGISTER_RTMR3] = "for user space",
};

void register_name(unsigned r, char out[REGISTER_NAME_SIZE])
{
	if (r < REGISTER_MRTD)
		snprintf(out, REGISTER_NAME_SIZE, "PCR %u", r % 100);
	else if (r == REGISTER_MRTD)
		snprintf(out, REGISTER_NAME_SIZE, "MRTD");
	else
		snprintf(out, REGISTER_NAME_SIZE, "RTMR%u", (r - REGISTER_RTMR0) % 10);
}

void register_key(unsigned r, char out[REGISTER_NAME_SIZE])
{
	if (r < REGISTER_MRTD)
		snprintf(out, REGISTER_NAME_SIZE, "%u", r % 100);
	else if (r == REGISTER_MRTD)
		snprintf(out, REGISTER_NAME_SIZE, "mrtd");
	else
		snprintf(out, REGISTER_NAME_SIZE, "rtmr%u", (r - REGISTER_RTMR0) % 10);
}

const char *register_purpose(unsigned r)
{
	return purposes[r];
}

void reasons_release(struct reasons *r)
{
	for (size_t i = 0; i < REGISTERS; i++)
		free(r->items[i].text);
	*r = (struct reasons){0};
}

void reasons_add(struct reasons *r, uint32_t mask, bool unpredictable, const char *fmt, ...)
{
	for (unsigned i = 0; i < REGISTERS; i++) {
		va_list args;

		if (!(mask & REGISTER_BIT(i)) || r->items[i].text)
			continue;
		va_start(args, fmt);
		if (vasprintf(&r->items[i].text, fmt, args) < 0) {
			r->items[i].text = NULL;
			r->failed = true;
		}
		va_end(args);
		r->items[i].unpredictable = unpredictable;
	}
}

void reasons_drop(struct reasons *r, uint32_t mask)
{
	for (unsigned i = 0; i < REGISTERS; i++) {
		if (!(mask & REGISTER_BIT(i)))
			continue;
		free(r->items[i].text);
		r->items[i] = (struct reason){0};
	}
}
