#include "fuzz.h"

#include "formats/boot_lines.h"

/* A unit that is read has its dot and its end, and stands in the line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_line l;
	size_t where;

	if (!boot_line_parse(SPAN(data, size), &l))
		return 0;
	if (strlen(l.unit) >= sizeof l.unit || !strchr(l.unit, '.') ||
	    !span_find(SPAN(data, size), SPAN(l.unit, strlen(l.unit)), &where))
		abort();
	return 0;
}
