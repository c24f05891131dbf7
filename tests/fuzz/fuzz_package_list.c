#include "fuzz.h"

#include "formats/package_list.h"

/* What is read can be written and is then the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(package_list_release) struct package_list l = {0}, again = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(8 * PACKAGE_LIST_MAX);

	if (package_list_parse(SPAN(data, size), &l, NULL) < 0)
		return 0;
	/* What is written has all members; those that a list of version 1 lacks have no value to write. */
	if (!l.date)
		return 0;
	if (package_list_format(&l, &text, NULL) < 0)
		abort();
	/* A list can grow where characters must be escaped. */
	if (package_list_parse(buffer_span(&text), &again, NULL) < 0)
		return text.n > PACKAGE_LIST_MAX ? 0 : (abort(), 0);
	if (again.n != l.n || again.n_parts != l.n_parts || again.debug != l.debug ||
	    strcmp(again.image, l.image) != 0)
		abort();
	return 0;
}
