/* measurements.json, as `tdnode run --check` reads it. */
#include "fuzz.h"

#include "measure/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct measurement m = {0};
	struct error *err = NULL;
	int r = measurement_parse_banks(SPAN(data, size), &m, &err);

	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	return 0;
}
