/*
 * Which package brought which file of an image: what lock and store say, as far as the store has them unpacked.
 */
#pragma once

#include "formats/package_list.h"
#include "report/report.h"

struct owners_options {
	const char *images; /* folder of recipes */
	const char *store;  /* NULL: the user's */
};

/*
 * Of the image that `list` is of. *ret_known is false if nothing can be said: there is no recipe or lock of it, the
 * lock has other packages, or the store lacks some of them.
 */
_must_check_ int report_owners_read(const struct owners_options *o, const struct package_list *list,
				    struct report_owners *ret, bool *ret_known, struct error **err);
