#include "explain/firmware_log.h"

#include <errno.h>

/* Of a TDX module: MRTD and four RTMRs. */
#define TDX_REGISTER_COUNT (REGISTERS - REGISTER_MRTD)

static uint16_t log_algorithm(enum event_bank bank)
{
	static const uint16_t ids[EVENT_BANKS] = {
		[EVENT_SHA256] = EVENTLOG_SHA256,
		[EVENT_SHA384] = EVENTLOG_SHA384,
		[EVENT_SHA1] = EVENTLOG_SHA1,
		[EVENT_SHA512] = EVENTLOG_SHA512,
	};

	return ids[bank];
}

void firmware_log_release(struct firmware_log *l)
{
	free(l->events);
	*l = (struct firmware_log){0};
}

static int add_event(struct firmware_log *l, const struct eventlog_event *e, size_t *capacity,
		     struct error **err)
{
	if (l->n == FIRMWARE_LOG_EVENTS_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "event log: more than %u events: the next one is at 0x%zx",
				 FIRMWARE_LOG_EVENTS_MAX, e->offset);
	if (l->tdx && e->pcr >= TDX_REGISTER_COUNT)
		return error_set(
			err, -ERROR_MALFORMED,
			"event log: event at 0x%zx names measurement register %u, not 0 to 4",
			e->offset, e->pcr);
	if (array_reserve(&l->events, capacity, l->n + 1, sizeof(*l->events)) < 0)
		return error_oom(err);
	l->events[l->n++] = *e;
	return 0;
}

static int parse(struct span bytes, struct firmware_log *l, struct error **err)
{
	struct eventlog_event event;
	struct eventlog log;
	size_t capacity = 0;
	int r = eventlog_open(bytes, &log, err);

	if (r < 0)
		return r;
	l->tdx = eventlog_is_tdx(&log);
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		for (size_t k = 0; k < log.n_algorithms; k++) {
			if (log.algorithms[k].id == log_algorithm((enum event_bank)i))
				l->banks_present |= 1u << i;
		}
	}
	if (l->banks_present == 0)
		return error_set(err, -ERROR_MALFORMED,
				 "event log: no bank of SHA-1, SHA-256, SHA-384 or SHA-512");
	while ((r = eventlog_next(&log, &event, err)) > 0) {
		r = add_event(l, &event, &capacity, err);
		if (r < 0)
			break;
	}
	return r;
}

int firmware_log_parse(struct span bytes, struct firmware_log *ret, struct error **err)
{
	_cleanup_(firmware_log_release) struct firmware_log l = {0};
	int r = bytes.n <= FIRMWARE_LOG_MAX
			? parse(bytes, &l, err)
			: error_set(err, -EFBIG, "event log: %zu bytes, more than %u", bytes.n,
				    FIRMWARE_LOG_MAX);

	for (size_t i = 0; i < EVENT_BANKS && r >= 0; i++) {
		bank_init(&l.banks[i], event_banks[i]);
		if (l.banks_present & 1u << i)
			r = bank_replay(bytes, event_banks[i], &l.banks[i], err);
	}
	if (r < 0)
		return r;
	*ret = l;
	l = (struct firmware_log){0};
	return 0;
}

bool firmware_log_bank(const struct firmware_log *l, unsigned banks, enum event_bank *ret)
{
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		if (l->banks_present & banks & 1u << i) {
			*ret = (enum event_bank)i;
			return true;
		}
	}
	return false;
}

unsigned firmware_log_register(const struct firmware_log *l, const struct eventlog_event *e)
{
	if (e->type == EV_NO_ACTION)
		return REGISTERS;
	return l->tdx ? REGISTER_MRTD + e->pcr : e->pcr;
}

struct digest firmware_log_digest(const struct eventlog_event *e, enum event_bank bank)
{
	struct span bytes = eventlog_digest(e, log_algorithm(bank));
	struct digest d = {.algorithm = event_banks[bank]};

	if (bytes.n)
		memcpy(d.bytes, bytes.p, bytes.n);
	return d;
}

const struct digest *firmware_log_value(const struct firmware_log *l, enum event_bank bank,
					unsigned reg)
{
	return &l->banks[bank].registers[l->tdx ? reg - REGISTER_MRTD : reg];
}

bool firmware_log_covers(const struct firmware_log *l, unsigned reg)
{
	return l->tdx ? reg > REGISTER_MRTD : reg < REGISTER_MRTD;
}
