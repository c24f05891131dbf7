/* Event logs as descriptions of a machine, and lists of digests. */
#include "fuzz.h"

#include "formats/digest_list.h"
#include "measure/machine_events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(machine_events_release) struct machine_events l = {0};
	_cleanup_error_ struct error *err = NULL;
	struct digest digests[3];

	if (digest_list_parse(SPAN(data, size), DIGEST_SHA384, digests, 3, NULL) >= 0 &&
	    size < 3 * 96)
		abort();
	if (machine_events_read(SPAN(data, size), &l, &err) < 0)
		return 0;
	if (l.boot_options > l.n || l.separators > l.n)
		abort();
	for (size_t i = 0; i < SECURE_VARIABLES; i++) {
		if (l.variables.variables[i].n > size)
			abort();
	}
	return 0;
}
