/* Bodies of errors: whatever they are, there is something to say, on one line, that a terminal can take. */
#include "fuzz.h"

#include "formats/azure_error.h"

static void check(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(azure_error_release) struct azure_error e = {0};

	if (azure_error_parse(SPAN(data, size), &e, NULL) < 0)
		abort();
	check(e.code);
	check(e.message);
	check(e.target);
	azure_error_advice(&e);
	return 0;
}
