#include <errno.h>

#include "inspect/inspection_parts.h"

int inspect_problem(int code, struct error *e, char **ret, struct error **err)
{
	int r = 0;

	if (code == -ENOMEM) {
		r = error_oom(err);
	} else {
		free(*ret);
		*ret = strdup(error_message(e));
		if (!*ret)
			r = error_oom(err);
	}
	error_free(e);
	return r;
}
