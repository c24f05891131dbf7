#include "fuzz.h"

#include "base/text.h"
#include "formats/status_line.h"

/* What is read is written again as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(2 * STATUS_LINE_MAX),
						second = BUFFER_INIT(2 * STATUS_LINE_MAX);
	const size_t prefix = strlen(STATUS_LINE_PREFIX);
	struct status_line s, again;

	if (status_line_parse(SPAN(data, size), &s, NULL) < 0 ||
	    status_line_encode(&s, &text, NULL) < 0)
		return 0;
	if (status_line_parse(SPAN(text.p + prefix, text.n - prefix - 1), &again, NULL) < 0 ||
	    status_line_encode(&again, &second, NULL) < 0 ||
	    !span_equal(buffer_span(&text), buffer_span(&second)))
		abort();
	return 0;
}
