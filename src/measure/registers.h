/*
 * The registers that are spoken of: those of a TPM and those of a TDX module, and why one of them is
 * not predicted.
 */
#pragma once

#include "base/compiler.h"

enum {
	/* 0 to 23: the TPM's platform configuration registers. The TCG's PC Client Platform Firmware Profile
	 * (3.3.4) has 0 to 7; the Linux TPM PCR Registry (UAPI.7) the others, and these names. */
	PCR_PLATFORM_CODE = 0,	    /* firmware */
	PCR_PLATFORM_CONFIG = 1,    /* its settings, ACPI tables, boot variables */
	PCR_EXTERNAL_CODE = 2,	    /* drivers, option ROMs */
	PCR_EXTERNAL_CONFIG = 3,    /* their settings */
	PCR_BOOT_LOADER_CODE = 4,   /* programs that firmware starts */
	PCR_BOOT_LOADER_CONFIG = 5, /* partition table, loader.conf, leaving boot services */
	PCR_HOST_PLATFORM = 6,
	PCR_SECURE_BOOT_POLICY = 7,
	PCR_CONFIGURATION = 8, /* of the node, by user space (formats/config.h) */
	PCR_KERNEL_INITRD = 9, /* command line and initrd, by the kernel */
	PCR_IMA = 10,
	PCR_KERNEL_BOOT = 11,	/* sections of the image, phases */
	PCR_KERNEL_CONFIG = 12, /* what comes from outside the image */
	PCR_SYSEXTS = 13,
	PCR_SHIM_POLICY = 14,
	PCR_SYSTEM_IDENTITY = 15,
	REGISTER_MRTD = 24,
	REGISTER_RTMR0,
	REGISTER_RTMR1,
	REGISTER_RTMR2,
	REGISTER_RTMR3,
	REGISTERS,
};

#define REGISTER_BIT(r) (1u << (r))
/* Those that systemd's stub and the kernel may extend. */
#define REGISTERS_OF_STUB                                                       \
	(REGISTER_BIT(PCR_BOOT_LOADER_CODE) | REGISTER_BIT(PCR_CONFIGURATION) | \
	 REGISTER_BIT(PCR_KERNEL_INITRD) | REGISTER_BIT(PCR_KERNEL_BOOT) |      \
	 REGISTER_BIT(PCR_KERNEL_CONFIG) | REGISTER_BIT(PCR_SYSEXTS) |          \
	 REGISTER_BIT(PCR_SYSTEM_IDENTITY))

#define REGISTER_NAME_SIZE 8

/* "PCR 4", "MRTD", "RTMR1" */
void register_name(unsigned r, char out[REGISTER_NAME_SIZE]);
/* What a register stands for, in a few words: "programs that firmware starts" (UAPI.7, and the TCG's PC Client Platform
 * Firmware Profile). */
const char *register_purpose(unsigned r);
/* "4", "mrtd", "rtmr1": as keys of JSON documents. */
void register_key(unsigned r, char out[REGISTER_NAME_SIZE]);

/* Why a register is not predicted; text is NULL if it is. */
struct reason {
	char *text;
	/* More input would not help: what is measured is random or not known. */
	bool unpredictable;
};

struct reasons {
	struct reason items[REGISTERS];
	bool failed; /* out of memory */
};

void reasons_release(struct reasons *r);

/* Gives a reason for all registers of `mask` that have none yet. */
void reasons_add(struct reasons *r, uint32_t mask, bool unpredictable, const char *fmt, ...)
	_printf_(4, 5);

/* Takes the reasons of the registers of `mask` away. */
void reasons_drop(struct reasons *r, uint32_t mask);

static inline bool reasons_has(const struct reasons *r, unsigned reg)
{
	return r->items[reg].text;
}
