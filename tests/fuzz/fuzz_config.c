/* Configurations and the declarations of their keys: up to a NUL byte one file of keys, then a text. What is
 * read has a canonical form, which read again is the same. */
#include "fuzz.h"

#include "formats/config.h"

static void check_canonical(const struct config *c)
{
	struct buffer once = BUFFER_INIT(CONFIG_CANONICAL_MAX), twice = once;
	struct config again;

	config_canonical(c, &once);
	if (!buffer_ok(&once))
		abort();
	/* Defaults alone may be longer than a text. */
	if (once.n <= CONFIG_MAX) {
		if (config_init(c->keys, &again, NULL) < 0 ||
		    config_read(&again, "again", buffer_span(&once), NULL) < 0)
			abort();
		config_canonical(&again, &twice);
		if (!span_equal(buffer_span(&once), buffer_span(&twice)))
			abort();
		config_release(&again);
	}
	buffer_release(&once);
	buffer_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	struct span declared = SPAN(data, end ? (size_t)(end - data) : size);
	struct span text = end ? span_skip(SPAN(data, size), declared.n + 1) : SPAN(data, 0);
	struct config_keys keys = {0};
	struct error *err = NULL;
	struct config c = {0};
	int r = config_keys_add(&keys, "keys", declared, &err);

	if ((r < 0) != (err != NULL))
		abort();
	if (r >= 0 && config_init(&keys, &c, &err) >= 0) {
		r = config_read(&c, "text", text, &err);
		if ((r < 0) != (err != NULL))
			abort();
		if (r >= 0)
			check_canonical(&c);
		config_release(&c);
	}
	config_keys_release(&keys);
	error_free(err);
	return 0;
}
