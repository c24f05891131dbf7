/* A frame: what is read is written as the same bytes. */
#include "fuzz.h"

#include "base/text.h"
#include "formats/ratls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(2 * RATLS_BODY_MAX);
	_cleanup_free_ char *kind = NULL;
	struct ratls_message m;
	size_t n;

	if (size < RATLS_HEADER_SIZE || ratls_body_size(data, &n, NULL) < 0 ||
	    n != size - RATLS_HEADER_SIZE)
		return 0;
	if (ratls_parse(SPAN(data + RATLS_HEADER_SIZE, n), &m, NULL) < 0)
		return 0;
	kind = span_to_string(m.kind);
	if (kind && (ratls_put(&b, kind, m.evidence, NULL) < 0 ||
		     !span_equal(buffer_span(&b), SPAN(data, size))))
		abort();
	return 0;
}
