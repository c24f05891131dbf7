/* What fills a role, over a configuration: the text up to a NUL byte, the configuration behind it. */
#include "fuzz.h"

#include "formats/role.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t n = nul ? (size_t)(nul - data) : size;
	struct span configuration = nul ? SPAN(nul + 1, size - n - 1) : SPAN(data, 0);
	struct role role = {0};
	struct error *err = NULL;
	int r = role_parse("fuzz", SPAN(data, n), configuration, &role, &err);

	if ((r < 0) != (err != NULL))
		abort();
	if (r >= 0) {
		if (role.program[0] != '/' || role.ready_port == 0 ||
		    role.arguments.n > ROLE_ARGUMENTS_MAX)
			abort();
		for (size_t i = 0; i < role.environment.n; i++) {
			if (!strchr(role.environment.items[i], '='))
				abort();
		}
	}
	error_free(err);
	role_release(&role);
	return 0;
}
