/* Event logs: every event, and the registers that they replay to. */
#include "fuzz.h"

#include "formats/eventlog.h"
#include "measure/bank.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *err = NULL;
	struct eventlog log;
	struct eventlog_event event;
	struct bank bank;
	size_t bytes = 0;
	int r = eventlog_open(SPAN(data, size), &log, &err);

	while (r >= 0 && (r = eventlog_next(&log, &event, &err)) > 0) {
		bytes += event.data.n;
		if (bytes > size || event.pcr >= BANK_REGISTERS)
			abort();
	}
	if (bank_replay(SPAN(data, size), DIGEST_SHA256, &bank, NULL) >= 0 && r < 0)
		abort();
	return 0;
}
