/*
 * A bank of platform configuration registers: TPM 2.0 Library, part 1, chapter 17.
 */
#pragma once

#include "crypto/digest.h"

#define BANK_REGISTERS 24

struct bank {
	enum digest_algorithm algorithm;
	struct digest registers[BANK_REGISTERS];
	bool known[BANK_REGISTERS]; /* false: nothing is said about this register */
};

/* All registers zero and unknown. */
void bank_init(struct bank *b, enum digest_algorithm a);

/* register = H(register || digest); the register is known from then on. */
void bank_extend(struct bank *b, unsigned pcr, const struct digest *d);

/* Sets a register as it was read from somewhere. */
void bank_set(struct bank *b, unsigned pcr, const struct digest *d);

/* Declares a register that nothing extends as known: zero. */
void bank_know_zero(struct bank *b, unsigned pcr);

/*
 * Replays a firmware event log (formats/eventlog.h) into the bank of algorithm `a`. Registers that
 * the log does not name stay unknown. A log without digests of this algorithm is an error.
 */
_must_check_ int bank_replay(struct span log, enum digest_algorithm a, struct bank *ret,
			     struct error **err);
