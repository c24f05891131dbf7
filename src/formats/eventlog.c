#include "formats/eventlog.h"

#define SPEC_ID_SIGNATURE "Spec ID Event03"
/* Of any version. */
#define SPEC_ID_PREFIX "Spec ID Event"
#define SHA1_SIZE 20
#define REGISTERS 24
/* Fills the unused rest of a log area. */
#define UNUSED_ONES 0xffffffffu

static int truncated(const char *what, size_t offset, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "event log: %s at 0x%zx is cut off", what, offset);
}

static uint16_t known_digest_size(uint16_t algorithm)
{
	switch (algorithm) {
	case EVENTLOG_SHA1:
		return 20;
	case EVENTLOG_SHA256:
		return 32;
	case EVENTLOG_SHA384:
		return 48;
	case EVENTLOG_SHA512:
		return 64;
	default:
		return 0;
	}
}

static const struct eventlog_algorithm *find_algorithm(const struct eventlog *log, uint16_t id)
{
	for (size_t i = 0; i < log->n_algorithms; i++) {
		if (log->algorithms[i].id == id)
			return &log->algorithms[i];
	}
	return NULL;
}

static int add_algorithm(struct eventlog *log, uint16_t id, uint16_t digest_size,
			 struct error **err)
{
	uint16_t known = known_digest_size(id);

	if (digest_size == 0 || digest_size > EVENTLOG_DIGEST_MAX ||
	    (known && known != digest_size))
		return error_set(err, -ERROR_MALFORMED,
				 "event log: algorithm 0x%x with digests of %u bytes", id,
				 digest_size);
	if (find_algorithm(log, id))
		return error_set(err, -ERROR_MALFORMED, "event log: algorithm 0x%x is listed twice",
				 id);
	log->algorithms[log->n_algorithms++] = (struct eventlog_algorithm){id, digest_size};
	return 0;
}

/* TCG_EfiSpecIDEvent */
static int parse_spec_id(struct eventlog *log, struct span data, struct error **err)
{
	struct reader r = reader_init(data);
	struct span signature = reader_bytes(&r, sizeof(SPEC_ID_SIGNATURE));

	if (!span_equal(signature, SPAN(SPEC_ID_SIGNATURE, sizeof(SPEC_ID_SIGNATURE))))
		return error_set(err, -ERROR_MALFORMED,
				 "event log: the first event is not '" SPEC_ID_SIGNATURE "'");
	/* platformClass, specVersionMinor, specVersionMajor, specErrata, uintnSize */
	(void)reader_bytes(&r, 4 + 4);

	uint32_t n = reader_le32(&r);

	if (n == 0 || n > EVENTLOG_ALGORITHMS_MAX)
		return error_set(err, -ERROR_MALFORMED, "event log: %u algorithms, not 1 to %u", n,
				 EVENTLOG_ALGORITHMS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t id = reader_le16(&r);
		uint16_t digest_size = reader_le16(&r);

		if (!reader_ok(&r))
			break;

		int result = add_algorithm(log, id, digest_size, err);

		if (result < 0)
			return result;
	}
	(void)reader_bytes(&r, reader_u8(&r)); /* vendorInfo */
	return reader_ok(&r) ? 0 : truncated("the list of algorithms", 0, err);
}

/* Without the list of algorithms all events have the form of the first: it has to look like one. */
static bool is_old_form(uint32_t pcr, uint32_t type, struct span data)
{
	struct span start;

	if (type == EV_NO_ACTION)
		return span_slice(data, 0, strlen(SPEC_ID_PREFIX), &start) &&
		       span_equal(start, SPAN_LITERAL(SPEC_ID_PREFIX)) &&
		       !(span_slice(data, 0, sizeof(SPEC_ID_SIGNATURE), &start) &&
			 span_equal(start, SPAN(SPEC_ID_SIGNATURE, sizeof(SPEC_ID_SIGNATURE))));
	return pcr < REGISTERS && ((type > 0 && type < 0x100) || type >> 8 == 0x800000);
}

int eventlog_open(struct span bytes, struct eventlog *ret, struct error **err)
{
	struct eventlog log = {.reader = reader_init(bytes), .used = bytes.n};
	struct reader *r = &log.reader;

	while (log.used > 0 && bytes.p[log.used - 1] == 0)
		log.used--;

	/* TCG_PCClientPCREvent: the old form with one SHA-1 digest */
	uint32_t pcr = reader_le32(r);
	uint32_t type = reader_le32(r);

	(void)reader_bytes(r, SHA1_SIZE);
	struct span data = reader_bytes(r, reader_le32(r));
	int result;

	if (!reader_ok(r))
		return truncated("the first event", 0, err);
	log.old_form = is_old_form(pcr, type, data);
	if (log.old_form) {
		log.reader = reader_init(bytes);
		result = add_algorithm(&log, EVENTLOG_SHA1, SHA1_SIZE, err);
	} else if (type == EV_NO_ACTION) {
		result = parse_spec_id(&log, data, err);
	} else {
		result = error_set(err, -ERROR_MALFORMED,
				   "event log: the first event has type 0x%x: not an event log",
				   type);
	}
	if (result < 0)
		return result;
	*ret = log;
	return 0;
}

bool eventlog_is_tdx(const struct eventlog *log)
{
	return log->n_algorithms == 1 && log->algorithms[0].id == EVENTLOG_SHA384;
}

static int parse_digests(struct eventlog *log, struct eventlog_event *e, struct error **err)
{
	struct reader *r = &log->reader;
	uint32_t n;

	if (log->old_form) {
		e->digests[e->n_digests++] =
			(struct eventlog_digest){EVENTLOG_SHA1, reader_bytes(r, SHA1_SIZE)};
		return 0;
	}
	n = reader_le32(r);
	if (n > log->n_algorithms)
		return error_set(
			err, -ERROR_MALFORMED,
			"event log: event at 0x%zx has %u digests, the log only %zu algorithms",
			e->offset, n, log->n_algorithms);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t id = reader_le16(r);
		const struct eventlog_algorithm *a = find_algorithm(log, id);

		if (!reader_ok(r))
			break;
		if (!a)
			return error_set(err, -ERROR_MALFORMED,
					 "event log: event at 0x%zx has a digest of the unlisted "
					 "algorithm 0x%x",
					 e->offset, id);
		if (eventlog_digest(e, id).n)
			return error_set(
				err, -ERROR_MALFORMED,
				"event log: event at 0x%zx has two digests of algorithm 0x%x",
				e->offset, id);
		e->digests[e->n_digests++] =
			(struct eventlog_digest){id, reader_bytes(r, a->digest_size)};
	}
	return 0;
}

int eventlog_next(struct eventlog *log, struct eventlog_event *ret, struct error **err)
{
	struct reader *r = &log->reader;
	struct eventlog_event e = {.offset = r->offset};

	if (r->offset >= log->used)
		return 0;
	e.pcr = reader_le32(r);
	if (reader_ok(r) && e.pcr == UNUSED_ONES)
		return 0;
	e.type = reader_le32(r);
	if (reader_ok(r) && e.pcr >= REGISTERS)
		return error_set(err, -ERROR_MALFORMED,
				 "event log: event at 0x%zx names register %u", e.offset, e.pcr);

	int result = parse_digests(log, &e, err);

	if (result < 0)
		return result;
	e.data = reader_bytes(r, reader_le32(r));
	if (!reader_ok(r))
		return truncated("the event", e.offset, err);
	*ret = e;
	return 1;
}

struct span eventlog_digest(const struct eventlog_event *e, uint16_t algorithm)
{
	for (size_t i = 0; i < e->n_digests; i++) {
		if (e->digests[i].algorithm == algorithm)
			return e->digests[i].bytes;
	}
	return (struct span){0};
}
