/* Recovery media: a sector that is taken is the one that its secret makes. */
#include "fuzz.h"

#include "formats/recovery_medium.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t secret[RECOVERY_SECRET_SIZE], sector[RECOVERY_MEDIUM_SECTOR];
	struct error *err = NULL;
	int r = recovery_medium_parse(SPAN(data, size), secret, &err);

	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	if (r < 0)
		return 0;
	recovery_medium_encode(secret, sector);
	if (memcmp(sector, data, sizeof sector) != 0)
		abort();
	return 0;
}
