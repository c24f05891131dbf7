/* The messages by which the key of a disk is handed over, and what key it is. */
#include "test.h"

#include "base/text.h"
#include "channel/unlock.h"

#define UUID "b556ef69-218f-4484-9d50-113cc0e7616b"
#define UUID_HEX "62353536656636392d323138662d343438342d396435302d313133636330653736313662"
#define ZEROS_31 "00000000000000000000000000000000000000000000000000000000000000"
#define ZEROS_124 ZEROS_31 ZEROS_31 ZEROS_31 ZEROS_31
#define SECRET_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void assert_hex(struct span seen, const char *hex)
{
	_cleanup_free_ char *text = hex_string(seen);

	assert_string_equal(text, hex);
}

static void test_offer(void **state)
{
	const struct disk_key_offer o = {.state = DISK_KEY_BLANK, .uuid = UUID, .size = 1ull << 40};
	uint8_t bytes[DISK_KEY_OFFER_SIZE];
	struct disk_key_offer back;
	struct error *err = NULL;

	(void)state;
	disk_key_offer_put(&o, bytes);
	assert_hex(SPAN(bytes, sizeof bytes), "0102" UUID_HEX "0000010000000000" ZEROS_124);
	assert_done(disk_key_offer_parse(SPAN(bytes, sizeof bytes), &back, &err), &err);
	assert_int_equal(back.state, DISK_KEY_BLANK);
	assert_string_equal(back.uuid, UUID);
	assert_true(back.size == 1ull << 40);

	bytes[0] = 2;
	assert_failed(disk_key_offer_parse(SPAN(bytes, sizeof bytes), &back, &err),
		      ERROR_UNSUPPORTED, "the offer of a disk of version 2: 1 is read", &err);
	bytes[0] = 1;
	assert_failed(disk_key_offer_parse(SPAN(bytes, sizeof bytes - 1), &back, &err),
		      ERROR_MALFORMED, "169 bytes are not the offer of a disk", &err);
	/* recovery without a box, no state, a UUID that would print something else */
	bytes[1] = 3;
	assert_failed(disk_key_offer_parse(SPAN(bytes, sizeof bytes), &back, &err), ERROR_MALFORMED,
		      "170 bytes are not the offer of a disk", &err);
	bytes[1] = 4;
	assert_failed(disk_key_offer_parse(SPAN(bytes, sizeof bytes), &back, &err), ERROR_MALFORMED,
		      "170 bytes are not the offer of a disk", &err);
	bytes[1] = 1;
	bytes[2] = '\n';
	assert_failed(disk_key_offer_parse(SPAN(bytes, sizeof bytes), &back, &err), ERROR_MALFORMED,
		      "170 bytes are not the offer of a disk", &err);
}

/* The digest is that of sha256sum. */
static void test_recovery(void **state)
{
	struct disk_key_offer o = {.state = DISK_KEY_RECOVERY, .uuid = UUID, .size = 512}, back;
	uint8_t bytes[DISK_KEY_OFFER_SIZE];
	struct error *err = NULL;
	struct digest d;

	(void)state;
	memset(o.recipient.bytes, 0xaa, sizeof o.recipient.bytes);
	memset(o.box, 0xbb, sizeof o.box);
	disk_key_offer_put(&o, bytes);
	assert_done(disk_key_offer_parse(SPAN(bytes, sizeof bytes), &back, &err), &err);
	assert_memory_equal(back.recipient.bytes, o.recipient.bytes, sizeof o.recipient.bytes);
	assert_memory_equal(back.box, o.box, sizeof o.box);
	d = disk_key_identity(back.uuid, &back.recipient, back.box);
	assert_hex(digest_span(&d),
		   "82a410681e63e80c85e5e2bf8d183f44a07edda316dff9ec876afa94270cd9b0");
	/* what is no recovery has no box */
	bytes[1] = DISK_KEY_LOCKED;
	assert_failed(disk_key_offer_parse(SPAN(bytes, sizeof bytes), &back, &err), ERROR_MALFORMED,
		      "170 bytes are not the offer of a disk", &err);
}

static void test_message(void **state)
{
	struct disk_key_message m = {.initialise = true}, back;
	uint8_t bytes[DISK_KEY_MESSAGE_SIZE];
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof m.secret; i++)
		m.secret[i] = (uint8_t)i;
	disk_key_message_put(&m, bytes);
	assert_hex(SPAN(bytes, sizeof bytes), "0102" SECRET_HEX);
	assert_done(disk_key_message_parse(SPAN(bytes, sizeof bytes), &back, &err), &err);
	assert_true(back.initialise);
	assert_memory_equal(back.secret, m.secret, sizeof m.secret);
	bytes[1] = 1;
	assert_done(disk_key_message_parse(SPAN(bytes, sizeof bytes), &back, &err), &err);
	assert_false(back.initialise);
	bytes[1] = 0;
	assert_failed(disk_key_message_parse(SPAN(bytes, sizeof bytes), &back, &err),
		      ERROR_MALFORMED, "34 bytes are not the key of a disk", &err);
	assert_failed(disk_key_message_parse(SPAN(NULL, 0), &back, &err), ERROR_UNSUPPORTED,
		      "the key of a disk of version 0: 1 is read", &err);
}

static void test_result(void **state)
{
	_cleanup_(buffer_release) struct buffer open = BUFFER_INIT(2048),
						locked = BUFFER_INIT(2048);
	struct disk_key_result back;
	struct error *err = NULL;
	size_t n;

	(void)state;
	disk_key_result_put(&open, NULL);
	assert_hex(buffer_span(&open), "01000000");
	assert_done(disk_key_result_parse(buffer_span(&open), &back, &err), &err);
	assert_true(back.open);

	disk_key_result_put(&locked, "no\n");
	assert_hex(buffer_span(&locked), "010100036e6f3f");
	assert_done(disk_key_result_size(locked.p, &n, &err), &err);
	assert_int_equal(n, 3);
	assert_done(disk_key_result_parse(buffer_span(&locked), &back, &err), &err);
	assert_false(back.open);
	assert_true(span_equal(back.reason, SPAN_LITERAL("no?")));

	/* open for a reason; locked for none; what a terminal would obey */
	locked.p[1] = 0;
	assert_failed(disk_key_result_parse(buffer_span(&locked), &back, &err), ERROR_MALFORMED,
		      "7 bytes are not the result of a key", &err);
	open.p[1] = 1;
	assert_failed(disk_key_result_parse(buffer_span(&open), &back, &err), ERROR_MALFORMED,
		      "4 bytes are not the result of a key", &err);
	locked.p[1] = 1;
	locked.p[4] = 0x1b;
	assert_failed(disk_key_result_parse(buffer_span(&locked), &back, &err), ERROR_MALFORMED,
		      "7 bytes are not the result of a key", &err);
	locked.p[2] = 0xff;
	assert_failed(disk_key_result_size(locked.p, &n, &err), ERROR_MALFORMED,
		      "a reason of 65283 bytes, more than 1024", &err);
}

/* Each disk has its own; the value is that of RFC 5869 by another implementation. */
static void test_secret(void **state)
{
	struct x25519_private key;
	uint8_t secret[DISK_KEY_SECRET_SIZE], other[DISK_KEY_SECRET_SIZE];
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof key.bytes; i++)
		key.bytes[i] = (uint8_t)i;
	assert_done(unlock_secret(&key, UUID, secret, &err), &err);
	assert_hex(SPAN(secret, sizeof secret),
		   "92cf6ae93d81290fd0871e4be1a1996b6841fac2bb134184661653fc8b1577f0");
	assert_done(unlock_secret(&key, "b556ef69-218f-4484-9d50-113cc0e7616c", other, &err), &err);
	assert_memory_not_equal(secret, other, sizeof secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offer),	cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_message), cmocka_unit_test(test_result),
		cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
