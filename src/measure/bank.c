#include "measure/bank.h"

#include "formats/eventlog.h"

#define STARTUP_LOCALITY_SIGNATURE "StartupLocality"

void bank_init(struct bank *b, enum digest_algorithm a)
{
	*b = (struct bank){.algorithm = a};
	for (size_t i = 0; i < BANK_REGISTERS; i++)
		b->registers[i].algorithm = a;
}

void bank_extend(struct bank *b, unsigned pcr, const struct digest *d)
{
	uint8_t message[2 * DIGEST_MAX];
	size_t size = digest_size(b->algorithm);

	memcpy(message, b->registers[pcr].bytes, size);
	memcpy(message + size, d->bytes, size);
	b->registers[pcr] = digest_bytes(b->algorithm, SPAN(message, 2 * size));
	b->known[pcr] = true;
}

void bank_set(struct bank *b, unsigned pcr, const struct digest *d)
{
	b->registers[pcr] = *d;
	b->known[pcr] = true;
}

void bank_know_zero(struct bank *b, unsigned pcr)
{
	b->known[pcr] = true;
}

static uint16_t log_algorithm(enum digest_algorithm a)
{
	switch (a) {
	case DIGEST_SHA1:
		return EVENTLOG_SHA1;
	case DIGEST_SHA256:
		return EVENTLOG_SHA256;
	case DIGEST_SHA384:
		return EVENTLOG_SHA384;
	case DIGEST_SHA512:
	case DIGEST_ALGORITHMS_:
		break;
	}
	return EVENTLOG_SHA512;
}

/* An event that is not extended, but says from which locality the TPM was started: that number is
 * the last byte of PCR 0's initial value. */
static void apply_startup_locality(struct bank *b, const struct eventlog_event *e)
{
	struct span signature;

	if (e->data.n != sizeof(STARTUP_LOCALITY_SIGNATURE) + 1 ||
	    !span_slice(e->data, 0, sizeof(STARTUP_LOCALITY_SIGNATURE), &signature) ||
	    !span_equal(signature,
			SPAN(STARTUP_LOCALITY_SIGNATURE, sizeof(STARTUP_LOCALITY_SIGNATURE))))
		return;
	b->registers[0].bytes[digest_size(b->algorithm) - 1] = e->data.p[e->data.n - 1];
}

int bank_replay(struct span bytes, enum digest_algorithm a, struct bank *ret, struct error **err)
{
	struct eventlog log;
	struct eventlog_event event;
	struct bank bank;
	int r = eventlog_open(bytes, &log, err);

	bank_init(&bank, a);
	while (r >= 0 && (r = eventlog_next(&log, &event, err)) > 0) {
		struct digest digest = {.algorithm = a};
		struct span d = eventlog_digest(&event, log_algorithm(a));

		if (event.type == EV_NO_ACTION) {
			apply_startup_locality(&bank, &event);
			continue;
		}
		if (d.n == 0)
			return error_set(err, -ERROR_MALFORMED,
					 "event log: event at 0x%zx has no %s digest", event.offset,
					 digest_name(a));
		memcpy(digest.bytes, d.p, d.n);
		bank_extend(&bank, event.pcr, &digest);
	}
	if (r < 0)
		return r;
	*ret = bank;
	return 0;
}
