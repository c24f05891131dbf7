/* What a VM writes to its serial console: the VM is not trusted here. */
#include "fuzz.h"

#include "vm/console.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer tail = BUFFER_INIT(1u << 20);
	struct console whole = {0}, pieces = {0};

	console_take(&whole, SPAN(data, size));
	for (size_t i = 0; i < size; i++)
		console_take(&pieces, SPAN(data + i, 1));
	/* What was sent of a log: at most what its first line promised. */
	if (!span_equal(buffer_span(&whole.eventlog.bytes), buffer_span(&pieces.eventlog.bytes)) ||
	    whole.eventlog.complete != pieces.eventlog.complete ||
	    whole.eventlog.bytes.n > whole.eventlog.size)
		abort();
	console_release(&whole);
	console_release(&pieces);
	if (memcmp(&whole, &pieces, sizeof whole) != 0)
		abort();
	console_tail(SPAN(data, size), 3, &tail);
	for (size_t i = 0; i < tail.n; i++) {
		if (tail.p[i] != '\n' && (tail.p[i] < 0x20 || tail.p[i] >= 0x7f))
			abort();
	}
	buffer_release(&tail);
	return 0;
}
