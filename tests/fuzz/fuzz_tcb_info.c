#include "fuzz.h"

#include "formats/tcb_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qe_identity identity;
	struct tcb_info info;

	if (tcb_info_parse(SPAN(data, size), &info, NULL) >= 0) {
		if (info.levels.n == 0 || info.levels.n > TCB_LEVELS_MAX ||
		    info.n_modules > TCB_MODULES_MAX)
			abort();
		tcb_info_release(&info);
	}
	if (qe_identity_parse(SPAN(data, size), &identity, NULL) >= 0) {
		/* the newest first, none twice */
		for (size_t i = 1; i < identity.levels.n; i++)
			if (identity.levels.items[i].isv_svn >=
			    identity.levels.items[i - 1].isv_svn)
				abort();
		qe_identity_release(&identity);
	}
	return 0;
}
