#include "fuzz.h"

#include "formats/checksum_list.h"

/* What is read can be written, and is then the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(checksum_list_release) struct checksum_list l = {0}, again = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(1u << 20);

	if (size > CHECKSUM_LIST_MAX || checksum_list_parse(SPAN(data, size), &l, NULL) < 0)
		return 0;
	for (size_t i = 0; i < l.n; i++)
		checksum_put(&text, l.items[i].name, &l.items[i].sha256);
	if (checksum_list_parse(buffer_span(&text), &again, NULL) < 0 || again.n != l.n)
		abort();
	for (size_t i = 0; i < l.n; i++) {
		if (!checksum_list_find(&again, l.items[i].name))
			abort();
	}
	return 0;
}
