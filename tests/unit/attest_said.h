/*
 * What a judgement comes to, as the program says it.
 */
#pragma once

#include "test.h"

#include "attest/attest.h"

/*
 * "good", what refused first, or "error: " and what kept from judging. `r` and `err` are of what was done so far;
 * takes both, and the verdict.
 */
static inline char *attest_said(int r, struct verdict *v, struct error *err)
{
	char *said;

	if (r >= 0)
		r = verdict_require(v, &err);
	said = r < 0 ? string_printf("%s%s",
				     r == -ERROR_REFUSED ? "" : "error: ", error_message(err))
		     : strdup("good");
	error_free(err);
	verdict_release(v);
	assert_non_null(said);
	return said;
}
