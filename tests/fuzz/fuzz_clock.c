/* The configuration as the clock reads it: any text makes time sources or is refused. */
#include "fuzz.h"

#include "guest/clock/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CLOCK_SOURCES_MAX);
	struct error *err = NULL;
	enum clock_check check;
	int r = clock_check_parse(SPAN(data, size), &check, &err);

	if (r >= 0)
		r = clock_sources(SPAN(data, size), SPAN(data, size), "/dev/ptp0", &text, &err);
	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	return 0;
}
