/* image.lock: what is accepted is written again, and that is accepted and written the same. */
#include "fuzz.h"

#include "packages/lock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer one = BUFFER_INIT(LOCK_MAX), two = BUFFER_INIT(LOCK_MAX);
	struct lock l = {0}, again = {0};

	if (lock_parse(SPAN(data, size), &l, NULL) < 0)
		return 0;
	if (lock_format(&l, &one, NULL) < 0 || lock_parse(buffer_span(&one), &again, NULL) < 0 ||
	    lock_format(&again, &two, NULL) < 0 ||
	    !span_equal(buffer_span(&one), buffer_span(&two)))
		abort();
	lock_release(&l);
	lock_release(&again);
	buffer_release(&one);
	buffer_release(&two);
	return 0;
}
