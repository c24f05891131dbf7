#include "explain/log_compare.h"

#include <errno.h>

bool log_common_bank(const struct measurement *m, const struct firmware_log *log,
		     enum event_bank *ret)
{
	return firmware_log_bank(log, m->banks_predicted, ret);
}

bool log_predicts_into(const struct event *e, unsigned reg)
{
	return reg < REGISTER_MRTD ? e->pcr == reg : e->rtmr == (int)reg - REGISTER_RTMR0;
}

bool log_register_differs(const struct log_comparison *c, unsigned reg)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->registers[i].reg == reg && !c->registers[i].equal)
			return true;
	}
	return false;
}

/* The predicted value, NULL if there is none. */
static const struct digest *predicted_value(const struct measurement *m, enum event_bank bank,
					    unsigned reg)
{
	if (reg < REGISTER_MRTD)
		return m->banks_predicted & 1u << bank && m->banks[bank].known[reg]
			       ? &m->banks[bank].registers[reg]
			       : NULL;
	return bank == EVENT_SHA384 && m->tdx.known[reg - REGISTER_MRTD]
		       ? &m->tdx.registers[reg - REGISTER_MRTD]
		       : NULL;
}

/* Firmware cannot log what user space measures. */
static bool is_configuration(const struct measurement *m, unsigned reg)
{
	for (size_t i = 0; i < m->events.n; i++) {
		if (m->events.items[i].kind == EVENT_KIND_CONFIGURATION &&
		    log_predicts_into(&m->events.items[i], reg))
			return true;
	}
	return false;
}

static void compare_registers(const struct measurement *m, const struct firmware_log *log,
			      struct log_comparison *c)
{
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		if (!firmware_log_covers(log, reg) || is_configuration(m, reg))
			continue;
		for (size_t bank = 0; bank < EVENT_BANKS; bank++) {
			const struct digest *predicted =
				predicted_value(m, (enum event_bank)bank, reg);

			if (!predicted || !(log->banks_present & 1u << bank))
				continue;

			const struct digest *logged =
				firmware_log_value(log, (enum event_bank)bank, reg);
			bool equal = digest_equal(predicted, logged);

			c->registers[c->n++] = (struct log_register){
				reg, (enum event_bank)bank, equal, *predicted, *logged,
			};
			c->n_different += !equal;
		}
	}
}

static size_t next_logged(const struct firmware_log *log, unsigned reg, size_t i)
{
	while (i < log->n && firmware_log_register(log, &log->events[i]) != reg)
		i++;
	return i < log->n ? i : LOG_NONE;
}

static size_t next_predicted(const struct event_list *l, unsigned reg, size_t i)
{
	while (i < l->n && !log_predicts_into(&l->items[i], reg))
		i++;
	return i < l->n ? i : LOG_NONE;
}

/* The first event of a register that differs from the prediction. */
static struct log_difference find_difference(const struct measurement *m,
					     const struct firmware_log *log, unsigned reg,
					     enum event_bank bank)
{
	size_t logged = next_logged(log, reg, 0);
	size_t predicted = next_predicted(&m->events, reg, 0);

	while (logged != LOG_NONE && predicted != LOG_NONE) {
		struct digest d = firmware_log_digest(&log->events[logged], bank);

		if (!digest_equal(&d, &m->events.items[predicted].digests[bank]))
			break;
		logged = next_logged(log, reg, logged + 1);
		predicted = next_predicted(&m->events, reg, predicted + 1);
	}
	return (struct log_difference){reg, bank, logged, predicted};
}

/* Earlier in the log; an event that is missing comes after all of the log, in the order of the
 * prediction. */
static bool is_earlier(const struct log_difference *a, const struct log_difference *b)
{
	return a->event != b->event ? a->event < b->event : a->predicted < b->predicted;
}

int log_compare(const struct measurement *m, const struct firmware_log *log,
		struct log_comparison *ret, struct error **err)
{
	struct log_comparison c = {0};

	compare_registers(m, log, &c);
	if (c.n == 0)
		return error_set(err, -EINVAL,
				 "%s: no register of %s is predicted: there is nothing to compare",
				 m->file, log->tdx ? "a TDX module" : "a TPM");
	for (size_t i = 0; i < c.n; i++) {
		struct log_difference d;

		if (c.registers[i].equal)
			continue;
		d = find_difference(m, log, c.registers[i].reg, c.registers[i].bank);
		if (d.event == LOG_NONE && d.predicted == LOG_NONE)
			continue;
		if (!c.has_first || is_earlier(&d, &c.first))
			c.first = d;
		c.has_first = true;
	}
	for (size_t i = 0; i < log->n; i++) {
		unsigned reg = firmware_log_register(log, &log->events[i]);

		if (reg < REGISTERS)
			c.not_predicted |= REGISTER_BIT(reg);
	}
	for (size_t i = 0; i < c.n; i++)
		c.not_predicted &= ~REGISTER_BIT(c.registers[i].reg);
	*ret = c;
	return 0;
}
