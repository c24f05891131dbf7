#include "crypto/digest.h"
#include "guest/disk/disk.h"

#define MAGIC "TDNODE-DISK-INIT" /* 16 bytes without its NUL */
#define MAGIC_SIZE 16u
#define VERSION 1u
#define SIGNED_SIZE (MAGIC_SIZE + 4)

void marker_encode(uint8_t ret[DISK_SECTOR])
{
	struct digest d;

	memset(ret, 0, DISK_SECTOR);
	memcpy(ret, MAGIC, MAGIC_SIZE);
	put_le32(ret + MAGIC_SIZE, VERSION);
	d = digest_bytes(DIGEST_SHA256, SPAN(ret, SIGNED_SIZE));
	memcpy(ret + SIGNED_SIZE, d.bytes, digest_size(d.algorithm));
}

bool marker_recognise(struct span first)
{
	uint8_t marker[DISK_SECTOR];

	marker_encode(marker);
	return first.n >= DISK_SECTOR && memcmp(first.p, marker, DISK_SECTOR) == 0;
}

bool marker_is_word(struct span first)
{
	size_t n = strlen(DISK_WORD);

	if (first.n < DISK_SECTOR || memcmp(first.p, DISK_WORD, n) != 0)
		return false;
	n += first.p[n] == '\n';
	return span_is_zero(SPAN(first.p + n, DISK_SECTOR - n));
}
