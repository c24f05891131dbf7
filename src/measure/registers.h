/*
 * The registers that are spoken of: those of a TPM and those of a TDX module, and why one of them is
 * not predicted.
 */
#pragma once

#include "base/compiler.h"

enum {
	/* 0 to 23: the TPM's platform configuration registers */
	REGISTER_MRTD = 24,
	REGISTER_RTMR0,
	REGISTER_RTMR1,
	REGISTER_RTMR2,
	REGISTER_RTMR3,
	REGISTERS,
};

#define REGISTER_BIT(r) (1u << (r))
/* Those that systemd's stub and the kernel may extend. */
#define REGISTERS_OF_STUB                                                         \
	(REGISTER_BIT(4) | REGISTER_BIT(8) | REGISTER_BIT(9) | REGISTER_BIT(11) | \
	 REGISTER_BIT(12) | REGISTER_BIT(13) | REGISTER_BIT(15))

#define REGISTER_NAME_SIZE 8

/* "PCR 4", "MRTD", "RTMR1" */
void register_name(unsigned r, char out[REGISTER_NAME_SIZE]);
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
