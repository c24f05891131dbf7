/* The firewall's policies and the configuration, split at the first NUL byte: any text makes rules or is refused. */
#include "fuzz.h"

#include "guest/firewall/firewall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t n = end ? (size_t)(end - data) : size;
	struct span configuration = end ? SPAN(end + 1, size - n - 1) : SPAN(data, 0);
	_cleanup_(buffer_release) struct buffer rules = BUFFER_INIT(FIREWALL_TEXT_MAX);
	struct firewall f = {0};
	struct error *err = NULL;
	int r = firewall_parse("fuzz", SPAN(data, n), &f, &err);

	if (r >= 0)
		r = firewall_configure(&f, configuration, &err);
	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	if (r < 0)
		return 0;
	firewall_ruleset(&f, &rules);
	if (!buffer_ok(&rules))
		abort();
	return 0;
}
