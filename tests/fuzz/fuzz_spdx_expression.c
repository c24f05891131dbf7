#include "fuzz.h"

#include "formats/spdx_expression.h"

/* An expression is one line, and read again it says the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(spdx_refs_release) struct spdx_refs refs = {0}, more = {0};
	_cleanup_free_ char *text = NULL, *again = NULL;

	if (spdx_expression(SPAN(data, size), "scope", &refs, &text, NULL) < 0)
		return 0;
	for (const char *p = text; *p; p++) {
		if (*p < ' ' || *p > '~')
			abort();
	}
	if (strlen(text) > SPDX_LICENCE_TEXT_MAX)
		return 0;
	if (spdx_expression(span_string(text), "scope", &more, &again, NULL) < 0)
		abort();
	/* References get their scope once more, and there are as many. */
	if (more.n != refs.n)
		abort();
	return 0;
}
