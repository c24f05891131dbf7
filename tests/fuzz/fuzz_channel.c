/* A request, an answer and claims: what is read is written as the same bytes. */
#include "fuzz.h"

#include "formats/channel.h"

static void request(struct span bytes)
{
	uint8_t back[CHANNEL_REQUEST_SIZE];
	struct channel_request q;

	if (channel_request_parse(bytes, &q, NULL) < 0)
		return;
	channel_request_put(&q, back);
	if (!span_equal(bytes, SPAN(back, sizeof back)))
		abort();
}

static void answer(struct span bytes)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(2 * CHANNEL_ANSWER_MAX);
	struct channel_answer a;
	size_t n;

	if (bytes.n < CHANNEL_HEADER_SIZE || channel_answer_size(bytes.p, &n, NULL) < 0 ||
	    n != bytes.n - CHANNEL_HEADER_SIZE)
		return;
	if (channel_answer_parse(span_skip(bytes, CHANNEL_HEADER_SIZE), &a, NULL) < 0)
		return;
	if (channel_answer_put(&b, &a, NULL) < 0 || !span_equal(buffer_span(&b), bytes))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	request(SPAN(data, size));
	answer(SPAN(data, size));
	(void)!claims_check(SPAN(data, size), NULL);
	return 0;
}
