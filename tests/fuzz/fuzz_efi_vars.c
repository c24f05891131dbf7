/* Stores of variables, and the lists of signatures in them. */
#include "fuzz.h"

#include "formats/efi_signature.h"
#include "measure/secure_boot.h"

static void read_signatures(struct span list)
{
	struct efi_signatures s = efi_signatures_init(list);
	struct efi_signature e;
	size_t bytes = 0;

	while (efi_signatures_next(&s, &e, NULL) > 0) {
		bytes += e.entry.n;
		if (bytes > list.n || e.data.n > e.entry.n)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *err = NULL;
	struct efi_variable v;
	struct secure_boot s;
	struct efi_vars store;

	if (efi_variable_parse(SPAN(data, size), &v, NULL) >= 0 && v.data.n + v.name.n > size)
		abort();
	read_signatures(SPAN(data, size));
	if (efi_vars_open(SPAN(data, size), &store, &err) < 0)
		return 0;
	secure_boot_from_store(&store, SECURE_FILE, &s);
	for (size_t i = 0; i < SECURE_VARIABLES; i++) {
		if (s.variables[i].n > size)
			abort();
		read_signatures(s.variables[i]);
	}
	return 0;
}
