/* Recovery media: a sector that is taken is the one that its secret makes. */
#include "fuzz.h"

#include "crypto/digest.h"
#include "formats/recovery_medium.h"

#define DIGEST_OFFSET (sizeof(RECOVERY_MEDIUM_MAGIC) + RECOVERY_SECRET_SIZE)

static void parse(struct span first)
{
	uint8_t secret[RECOVERY_SECRET_SIZE], sector[RECOVERY_MEDIUM_SECTOR];
	struct error *err = NULL;
	int r = recovery_medium_parse(first, secret, &err);

	if ((r < 0) != (err != NULL))
		abort();
	error_free(err);
	if (r < 0)
		return;
	recovery_medium_encode(secret, sector);
	if (memcmp(sector, first.p, sizeof(sector)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t sector[RECOVERY_MEDIUM_SECTOR];

	parse(SPAN(data, size));
	if (size < sizeof(sector))
		return 0;
	/* The same with a digest that fits, so that parsing gets past it. */
	memcpy(sector, data, sizeof(sector));
	memcpy(sector + DIGEST_OFFSET,
	       digest_bytes(DIGEST_SHA256, SPAN(sector, DIGEST_OFFSET)).bytes, 32);
	parse(SPAN(sector, sizeof(sector)));
	return 0;
}
