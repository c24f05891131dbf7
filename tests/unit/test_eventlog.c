#include "test.h"

#include "base/buffer.h"
#include "formats/eventlog.h"
#include "measure/bank.h"

#define LOG_MAX 4096

/* A log of SHA-1 and SHA-256 without events. */
static void put_header(struct buffer *b)
{
	buffer_put_le32(b, 0);
	buffer_put_le32(b, EV_NO_ACTION);
	buffer_put_zeros(b, 20);
	buffer_put_le32(b, 37);
	buffer_put(b, SPAN("Spec ID Event03", 16));
	buffer_put_zeros(b, 8);
	buffer_put_le32(b, 2);
	buffer_put_le16(b, EVENTLOG_SHA1);
	buffer_put_le16(b, 20);
	buffer_put_le16(b, EVENTLOG_SHA256);
	buffer_put_le16(b, 32);
	buffer_put_u8(b, 0);
}

static void put_event(struct buffer *b, uint32_t pcr, uint32_t type, const char *data, size_t n)
{
	struct digest sha256 = digest_bytes(DIGEST_SHA256, SPAN(data, n));

	buffer_put_le32(b, pcr);
	buffer_put_le32(b, type);
	buffer_put_le32(b, 2);
	buffer_put_le16(b, EVENTLOG_SHA1);
	buffer_put_zeros(b, 20);
	buffer_put_le16(b, EVENTLOG_SHA256);
	buffer_put(b, digest_span(&sha256));
	buffer_put_le32(b, (uint32_t)n);
	buffer_put(b, SPAN(data, n));
}

/* Reads all events; how many there are, or a negative code. */
static int read_all(struct span bytes, struct error **err)
{
	struct eventlog log;
	struct eventlog_event event;
	int n = 0;
	int r = eventlog_open(bytes, &log, err);

	while (r >= 0 && (r = eventlog_next(&log, &event, err)) > 0)
		n++;
	return r < 0 ? r : n;
}

static void expect_refused(struct span bytes, const char *message)
{
	_cleanup_error_ struct error *err = NULL;

	assert_int_equal(read_all(bytes, &err), -ERROR_MALFORMED);
	assert_string_equal(error_message(err), message);
}

static void reads_events(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);
	struct eventlog log;
	struct eventlog_event e;

	put_header(&b);
	put_event(&b, 4, EV_SEPARATOR, "\0\0\0\0", 4);
	assert_int_equal(eventlog_open(buffer_span(&b), &log, NULL), 0);
	assert_int_equal(log.n_algorithms, 2);
	assert_int_equal(eventlog_next(&log, &e, NULL), 1);
	assert_int_equal(e.pcr, 4);
	assert_int_equal(e.type, EV_SEPARATOR);
	assert_int_equal(e.offset, 69);
	assert_int_equal(e.data.n, 4);
	assert_int_equal(eventlog_digest(&e, EVENTLOG_SHA256).n, 32);
	assert_int_equal(eventlog_digest(&e, EVENTLOG_SHA384).n, 0);
	assert_int_equal(eventlog_next(&log, &e, NULL), 0);
}

/* The form of a TPM 1.2, whose first event may state a version or may be any other. */
static void reads_the_old_form(void **state)
{
	(void)state;
	static const char *const first[] = {"Spec ID Event00", "Spec ID Event02", NULL};

	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);
		struct digest d = digest_bytes(DIGEST_SHA1, SPAN_LITERAL("\0\0\0\0"));
		struct eventlog log;
		struct eventlog_event e;
		struct bank bank, expected;

		if (first[i]) {
			buffer_put_le32(&b, 0);
			buffer_put_le32(&b, EV_NO_ACTION);
			buffer_put_zeros(&b, 20);
			buffer_put_le32(&b, 16);
			buffer_put(&b, SPAN(first[i], 16));
		}
		buffer_put_le32(&b, 4);
		buffer_put_le32(&b, EV_SEPARATOR);
		buffer_put(&b, digest_span(&d));
		buffer_put_le32(&b, 4);
		buffer_put(&b, SPAN_LITERAL("\0\0\0\1"));
		assert_int_equal(eventlog_open(buffer_span(&b), &log, NULL), 0);
		assert_int_equal(log.n_algorithms, 1);
		assert_false(eventlog_is_tdx(&log));
		if (first[i]) {
			assert_int_equal(eventlog_next(&log, &e, NULL), 1);
			assert_int_equal(e.type, EV_NO_ACTION);
		}
		assert_int_equal(eventlog_next(&log, &e, NULL), 1);
		assert_int_equal(e.pcr, 4);
		assert_int_equal(e.data.n, 4);
		assert_int_equal(eventlog_digest(&e, EVENTLOG_SHA1).n, 20);
		assert_int_equal(eventlog_next(&log, &e, NULL), 0);

		bank_init(&expected, DIGEST_SHA1);
		bank_extend(&expected, 4, &d);
		assert_int_equal(bank_replay(buffer_span(&b), DIGEST_SHA1, &bank, NULL), 0);
		assert_true(digest_equal(&bank.registers[4], &expected.registers[4]));
		expect_refused(SPAN(b.p, b.n - 1),
			       first[i] ? "event log: the event at 0x30 is cut off"
					: "event log: the first event at 0x0 is cut off");
	}
}

static void ends_at_filling(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);

	put_header(&b);
	put_event(&b, 1, EV_SEPARATOR, "\0\0\0\0", 4);
	buffer_put_zeros(&b, 40);
	assert_int_equal(read_all(buffer_span(&b), NULL), 1);
	memset(b.p + b.n - 40, 0xff, 40);
	assert_int_equal(read_all(buffer_span(&b), NULL), 1);
}

static void refuses_broken_logs(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);

	put_header(&b);
	expect_refused((struct span){0}, "event log: the first event at 0x0 is cut off");
	expect_refused(SPAN(b.p, b.n - 1), "event log: the first event at 0x0 is cut off");

	put_event(&b, 4, EV_SEPARATOR, "\0\0\0\0", 4);
	expect_refused(SPAN(b.p, b.n - 1), "event log: the event at 0x45 is cut off");

	put_le32(b.p + 69, 24);
	expect_refused(buffer_span(&b), "event log: event at 0x45 names register 24");
	put_le32(b.p + 69, 4);
	put_le32(b.p + 77, 3);
	expect_refused(buffer_span(&b),
		       "event log: event at 0x45 has 3 digests, the log only 2 algorithms");
	put_le32(b.p + 77, 2);
	put_le16(b.p + 81, EVENTLOG_SHA512);
	expect_refused(buffer_span(&b),
		       "event log: event at 0x45 has a digest of the unlisted algorithm 0xd");
}

static void refuses_two_digests_of_one_algorithm(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);

	put_header(&b);
	put_event(&b, 4, EV_SEPARATOR, "\0\0\0\0", 4);
	put_le16(b.p + 103, EVENTLOG_SHA1);
	expect_refused(buffer_span(&b),
		       "event log: event at 0x45 has two digests of algorithm 0x4");
}

static void refuses_bad_headers(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);

	put_header(&b);
	put_le32(b.p + 4, 0x100);
	expect_refused(buffer_span(&b),
		       "event log: the first event has type 0x100: not an event log");
	put_le32(b.p + 4, EV_NO_ACTION);
	b.p[32] = 's';
	expect_refused(buffer_span(&b), "event log: the first event is not 'Spec ID Event03'");
	b.p[32] = 'S';
	put_le32(b.p + 56, 9);
	expect_refused(buffer_span(&b), "event log: 9 algorithms, not 1 to 8");
	put_le32(b.p + 56, 3);
	expect_refused(buffer_span(&b), "event log: the list of algorithms at 0x0 is cut off");
	put_le32(b.p + 56, 2);
	put_le16(b.p + 66, 31);
	expect_refused(buffer_span(&b), "event log: algorithm 0xb with digests of 31 bytes");
	put_le16(b.p + 64, EVENTLOG_SHA1);
	put_le16(b.p + 66, 20);
	expect_refused(buffer_span(&b), "event log: algorithm 0x4 is listed twice");
}

static void replays_into_a_bank(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);
	struct bank bank;
	char hex[DIGEST_HEX_MAX];

	put_header(&b);
	put_event(&b, 0, EV_NO_ACTION, "StartupLocality\0\3", 17);
	put_event(&b, 2, EV_SEPARATOR, "\0\0\0\0", 4);
	assert_int_equal(bank_replay(buffer_span(&b), DIGEST_SHA256, &bank, NULL), 0);
	digest_hex(&bank.registers[2], hex);
	assert_string_equal(hex,
			    "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969");
	assert_true(bank.known[2]);
	assert_false(bank.known[0]);
	assert_int_equal(bank.registers[0].bytes[31], 3);
}

static void refuses_a_bank_that_is_not_in_the_log(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct bank bank;

	put_header(&b);
	put_event(&b, 2, EV_SEPARATOR, "\0\0\0\0", 4);
	assert_int_equal(bank_replay(buffer_span(&b), DIGEST_SHA384, &bank, &err),
			 -ERROR_MALFORMED);
	assert_string_equal(error_message(err), "event log: event at 0x45 has no sha384 digest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_events),
		cmocka_unit_test(reads_the_old_form),
		cmocka_unit_test(ends_at_filling),
		cmocka_unit_test(refuses_broken_logs),
		cmocka_unit_test(refuses_two_digests_of_one_algorithm),
		cmocka_unit_test(refuses_bad_headers),
		cmocka_unit_test(replays_into_a_bank),
		cmocka_unit_test(refuses_a_bank_that_is_not_in_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
