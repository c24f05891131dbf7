#include "fuzz.h"

#include "formats/initrd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"systemd-pcrphase", NULL};

	(void)initrd_has_file(SPAN(data, size), names);
	return 0;
}
