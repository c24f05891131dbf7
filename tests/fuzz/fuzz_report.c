/* measurements.json, as `tdnode run --check` reads it. */
#include "fuzz.h"

#include "measure/report_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(measurement_release) struct measurement m = {0};
	struct error *err = NULL;
	int r = measurement_parse(SPAN(data, size), &m, &err);

	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	return 0;
}
