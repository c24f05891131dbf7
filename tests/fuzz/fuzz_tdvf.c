/* Firmware for TDX: its metadata, and the list of memory that follows from them. */
#include "fuzz.h"

#include "formats/tdvf.h"
#include "measure/td_hob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_release) struct buffer list = BUFFER_INIT(TD_HOB_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct tdvf t;
	uint64_t memory = 0;

	if (tdvf_parse(SPAN(data, size), &t, &err) < 0)
		return 0;
	if (t.n == 0 || t.n > TDVF_SECTIONS_MAX)
		abort();
	for (size_t i = 0; i < t.n; i++) {
		struct span s = tdvf_data(&t, &t.sections[i]);

		if (s.n > 0 && (s.p < data || s.n > size - (size_t)(s.p - data)))
			abort();
		if (!(t.sections[i].attributes & TDVF_PAGE_AUG))
			memory += t.sections[i].memory_data_size;
	}
	if (memory > TDVF_MEMORY_MAX)
		abort();
	for (int host = TD_HOB_QEMU; host <= TD_HOB_GOOGLE; host++) {
		list.n = 0;
		/* It fits, however many sections there are. */
		if (td_hob_build(&t, 1ull << 40, (enum td_hob_host)host, &list, NULL) >= 0 &&
		    list.n % 8 != 0)
			abort();
		if (!buffer_ok(&list))
			abort();
	}
	return 0;
}
