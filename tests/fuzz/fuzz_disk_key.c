/* The messages by which the key of a disk is handed over: what is read is written as the same bytes. */
#include "fuzz.h"

#include "formats/disk_key.h"

static void offer(struct span bytes)
{
	uint8_t back[DISK_KEY_OFFER_SIZE];
	struct disk_key_offer o;

	if (disk_key_offer_parse(bytes, &o, NULL) < 0)
		return;
	disk_key_offer_put(&o, back);
	if (!span_equal(bytes, SPAN(back, sizeof back)))
		abort();
}

static void message(struct span bytes)
{
	uint8_t back[DISK_KEY_MESSAGE_SIZE];
	struct disk_key_message m;

	if (disk_key_message_parse(bytes, &m, NULL) < 0)
		return;
	disk_key_message_put(&m, back);
	if (!span_equal(bytes, SPAN(back, sizeof back)))
		abort();
}

static void result(struct span bytes)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(2 * DISK_KEY_REASON_MAX);
	struct disk_key_result r;
	char reason[DISK_KEY_REASON_MAX + 1] = {0};
	size_t n;

	if (bytes.n < DISK_KEY_RESULT_HEADER_SIZE || disk_key_result_size(bytes.p, &n, NULL) < 0 ||
	    disk_key_result_parse(bytes, &r, NULL) < 0)
		return;
	memcpy(reason, r.reason.p, r.reason.n);
	disk_key_result_put(&b, r.open ? NULL : reason);
	if (n != r.reason.n || !span_equal(buffer_span(&b), bytes))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	offer(SPAN(data, size));
	message(SPAN(data, size));
	result(SPAN(data, size));
	return 0;
}
