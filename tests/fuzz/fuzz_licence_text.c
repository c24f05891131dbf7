/* Names found in prose are an expression, none twice, and other terms never stand alone. */
#include "fuzz.h"

#include "formats/licence_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(string_list_release) struct string_list names = {0};

	if (licence_text_names(SPAN(data, size), &names) < 0)
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		if (strpbrk(names.items[i], ",()\n") || strchr(names.items[i], '%'))
			abort();
		if (i && strcmp(names.items[i - 1], names.items[i]) >= 0)
			abort();
	}
	if (names.n == 1 && string_equal(names.items[0], LICENCE_OTHER_TERMS))
		abort();
	return 0;
}
