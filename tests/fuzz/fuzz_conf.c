/* Recipe files: any text is parsed or refused. */
#include "fuzz.h"

#include "formats/conf.h"

static int ignore(void *context, const struct conf_entry *e, struct error **err)
{
	size_t *total = context;

	(void)err;
	/* Touches every byte that the parser hands out. */
	for (size_t i = 0; i < e->value.n; i++)
		*total += e->value.p[i];
	*total += e->section.n + e->argument.n + e->key.n;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error *err = NULL;
	size_t total = 0;
	int r = conf_parse("fuzz", SPAN(data, size), ignore, &total, &err);

	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	return 0;
}
