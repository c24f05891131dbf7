/* What sources of a checkpoint answer; and the image's list of sources, up to a NUL byte, with a configuration. */
#include "fuzz.h"

#include "guest/checkpoint/checkpoint.h"

static void check(int r, struct error **err)
{
	if ((r < 0) != (*err != NULL))
		abort();
	error_free(*err);
	*err = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	struct span list = SPAN(data, end ? (size_t)(end - data) : size);
	struct span configuration = end ? span_skip(SPAN(data, size), list.n + 1) : SPAN(data, 0);
	uint8_t network[BEACON_ROOT_SIZE];
	struct checkpoint_plan plan = {0};
	struct error *err = NULL;
	struct beacon_checkpoint c;

	check(beacon_genesis_parse(SPAN(data, size), network, &err), &err);
	check(beacon_finalized_parse(SPAN(data, size), &c, &err), &err);
	check(checkpoint_plan_make(list, configuration, &plan, &err), &err);
	checkpoint_plan_release(&plan);
	return 0;
}
