/*
 * A prediction against the log of a real boot: every predicted register, and the first event that
 * differs.
 */
#pragma once

#include "explain/firmware_log.h"
#include "measure/measure.h"

/* No event: of an index. */
#define LOG_NONE SIZE_MAX

struct log_register {
	unsigned reg;
	enum event_bank bank;
	bool equal;
	struct digest predicted;
	struct digest logged; /* what the log replays to */
};

/* Where the log leaves the prediction: the n-th event of a register differs, is one too many
 * or is missing. */
struct log_difference {
	unsigned reg;
	enum event_bank bank;
	size_t event;	  /* in the log; LOG_NONE: the log has no more events for this register */
	size_t predicted; /* in the prediction's events; LOG_NONE: no more are predicted */
};

struct log_comparison {
	struct log_register registers[BANK_REGISTERS * EVENT_BANKS]; /* the predicted ones */
	size_t n;
	size_t n_different;
	bool has_first;
	struct log_difference first;
	/* REGISTER_BIT() of those that the log extends, but that are not predicted. */
	uint32_t not_predicted;
};

/* An error (-EINVAL) if no predicted register is in the log: there is nothing to compare. */
_must_check_ int log_compare(const struct measurement *m, const struct firmware_log *log,
			     struct log_comparison *ret, struct error **err);

/* True if the register differs in any bank. */
bool log_register_differs(const struct log_comparison *c, unsigned reg);

/* The first bank that is predicted and in the log; false if there is none. */
_must_check_ bool log_common_bank(const struct measurement *m, const struct firmware_log *log,
				  enum event_bank *ret);

/* True if the predicted event extends the register. */
bool log_predicts_into(const struct event *e, unsigned reg);
