/* Status lines of gpgv: nothing counts as signed that has no line of a good signature. */
#include "fuzz.h"

#include "formats/gpgv_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error *err = NULL;
	int r = gpgv_status_judge(SPAN(data, size), NULL, &err);
	size_t at;

	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	if (r >= 0 && (!span_find(SPAN(data, size), SPAN_LITERAL("GOODSIG"), &at) ||
		       !span_find(SPAN(data, size), SPAN_LITERAL("VALIDSIG"), &at)))
		abort();
	return 0;
}
