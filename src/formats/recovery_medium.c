#include "formats/recovery_medium.h"

#include "crypto/digest.h"

#define MAGIC_SIZE sizeof(RECOVERY_MEDIUM_MAGIC)
#define DIGESTED (MAGIC_SIZE + RECOVERY_SECRET_SIZE)
#define USED (DIGESTED + 32)

void recovery_medium_encode(const uint8_t secret[RECOVERY_SECRET_SIZE],
			    uint8_t ret[RECOVERY_MEDIUM_SECTOR])
{
	struct digest d;

	memset(ret, 0, RECOVERY_MEDIUM_SECTOR);
	memcpy(ret, RECOVERY_MEDIUM_MAGIC, MAGIC_SIZE);
	memcpy(ret + MAGIC_SIZE, secret, RECOVERY_SECRET_SIZE);
	d = digest_bytes(DIGEST_SHA256, SPAN(ret, DIGESTED));
	memcpy(ret + DIGESTED, d.bytes, digest_size(DIGEST_SHA256));
}

bool recovery_medium_recognise(struct span first)
{
	return first.n >= MAGIC_SIZE && memcmp(first.p, RECOVERY_MEDIUM_MAGIC, MAGIC_SIZE) == 0;
}

int recovery_medium_parse(struct span first, uint8_t ret[RECOVERY_SECRET_SIZE], struct error **err)
{
	struct digest d;

	if (first.n < RECOVERY_MEDIUM_SECTOR)
		return error_set(err, -ERROR_MALFORMED, "%zu bytes are not a sector", first.n);
	if (!recovery_medium_recognise(first))
		return error_set(err, -ERROR_MALFORMED, "not a recovery medium");
	d = digest_bytes(DIGEST_SHA256, SPAN(first.p, DIGESTED));
	if (memcmp(d.bytes, first.p + DIGESTED, digest_size(DIGEST_SHA256)) != 0)
		return error_set(err, -ERROR_MALFORMED,
				 "the recovery medium is damaged: its digest does not fit");
	if (!span_is_zero(SPAN(first.p + USED, RECOVERY_MEDIUM_SECTOR - USED)))
		return error_set(err, -ERROR_MALFORMED,
				 "the recovery medium is damaged: data where zeros belong");
	memcpy(ret, first.p + MAGIC_SIZE, RECOVERY_SECRET_SIZE);
	return 0;
}
