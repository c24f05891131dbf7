/*
 * Predicted registers against those that were read from a TPM.
 */
#pragma once

#include "measure/measure.h"

enum register_verdict {
	REGISTER_EQUAL,
	REGISTER_DIFFERENT,
	REGISTER_NOT_READ, /* predicted, but nobody read it */
};

struct compared_register {
	unsigned pcr;
	enum register_verdict verdict;
	struct digest predicted;
	struct digest actual; /* zero if not read */
};

struct comparison {
	enum digest_algorithm algorithm;
	struct compared_register registers[BANK_REGISTERS]; /* the predicted ones, ascending */
	size_t n;
};

/*
 * Compares every predicted register with `actual`, a bank of SHA-256 or SHA-384 filled by
 * bank_set(). Registers that were read but not predicted do not count. A bank that is not predicted
 * is an error (-EINVAL).
 */
_must_check_ int measurement_compare(const struct measurement *m, const struct bank *actual,
				     struct comparison *ret, struct error **err);

/* 0 if every register is equal. Otherwise -ERROR_REFUSED, and the error names the registers: "PCR 9
 * is <hex>, not <hex>; PCR 11 was not read". */
_must_check_ int comparison_judge(const struct comparison *c, struct error **err);

/* Appends a table for people: a line per register with predicted and actual value and verdict. */
void comparison_text(const struct comparison *c, struct buffer *b);
