#include "formats/verity_superblock.h"

#include <errno.h>
#include <inttypes.h>

#define SIGNATURE "verity\0\0"
#define VERSION 1u
#define HASH_TYPE 1u
#define ALGORITHM "sha256"
#define ALGORITHM_SIZE 32u
#define SUPERBLOCK_SIZE 512u

/* Offsets of the superblock's fields. */
enum {
	SB_VERSION = 8,
	SB_HASH_TYPE = 12,
	SB_UUID = 16,
	SB_ALGORITHM = 32,
	SB_DATA_BLOCK_SIZE = 64,
	SB_HASH_BLOCK_SIZE = 68,
	SB_DATA_BLOCKS = 72,
	SB_SALT_SIZE = 80,
	SB_SALT = 88,
};

void verity_encode_superblock(const struct verity_parameters *p, uint8_t ret[VERITY_BLOCK_SIZE])
{
	memset(ret, 0, VERITY_BLOCK_SIZE);
	memcpy(ret, SIGNATURE, 8);
	put_le32(ret + SB_VERSION, VERSION);
	put_le32(ret + SB_HASH_TYPE, HASH_TYPE);
	memcpy(ret + SB_UUID, p->uuid, sizeof(p->uuid));
	memcpy(ret + SB_ALGORITHM, ALGORITHM, sizeof(ALGORITHM));
	put_le32(ret + SB_DATA_BLOCK_SIZE, VERITY_BLOCK_SIZE);
	put_le32(ret + SB_HASH_BLOCK_SIZE, VERITY_BLOCK_SIZE);
	put_le64(ret + SB_DATA_BLOCKS, p->data_blocks);
	put_le16(ret + SB_SALT_SIZE, (uint16_t)p->salt_size);
	memcpy(ret + SB_SALT, p->salt, p->salt_size);
}

static int check_superblock(const uint8_t *sb, struct error **err)
{
	if (memcmp(sb, SIGNATURE, 8) != 0)
		return error_set(err, -ERROR_MALFORMED, "verity: the signature is not 'verity'");
	if (get_le32(sb + SB_VERSION) != VERSION)
		return error_set(err, -ERROR_MALFORMED, "verity: version %" PRIu32 ", not %u",
				 get_le32(sb + SB_VERSION), VERSION);
	if (get_le32(sb + SB_HASH_TYPE) != HASH_TYPE)
		return error_set(err, -ERROR_MALFORMED, "verity: hash type %" PRIu32 ", not %u",
				 get_le32(sb + SB_HASH_TYPE), HASH_TYPE);
	if (memcmp(sb + SB_ALGORITHM, ALGORITHM, sizeof(ALGORITHM)) != 0)
		return error_set(err, -ERROR_MALFORMED, "verity: the algorithm is not 'sha256'");
	if (get_le32(sb + SB_DATA_BLOCK_SIZE) != VERITY_BLOCK_SIZE ||
	    get_le32(sb + SB_HASH_BLOCK_SIZE) != VERITY_BLOCK_SIZE)
		return error_set(err, -ERROR_MALFORMED,
				 "verity: blocks of %" PRIu32 " and %" PRIu32 " bytes, not %u",
				 get_le32(sb + SB_DATA_BLOCK_SIZE),
				 get_le32(sb + SB_HASH_BLOCK_SIZE), VERITY_BLOCK_SIZE);
	if (get_le64(sb + SB_DATA_BLOCKS) == 0 ||
	    get_le64(sb + SB_DATA_BLOCKS) > VERITY_DATA_BLOCKS_MAX)
		return error_set(err, -ERROR_MALFORMED, "verity: %" PRIu64 " data blocks",
				 get_le64(sb + SB_DATA_BLOCKS));
	if (get_le16(sb + SB_SALT_SIZE) > VERITY_SALT_MAX)
		return error_set(err, -ERROR_MALFORMED, "verity: a salt of %u bytes",
				 get_le16(sb + SB_SALT_SIZE));
	return 0;
}

int verity_parse_superblock(struct span hash_device, struct verity_parameters *ret,
			    struct error **err)
{
	struct verity_parameters p = {0};
	const uint8_t *sb = hash_device.p;

	if (hash_device.n < SUPERBLOCK_SIZE)
		return error_set(err, -ERROR_MALFORMED,
				 "verity: %zu bytes are too few for a superblock", hash_device.n);

	int r = check_superblock(sb, err);

	if (r < 0)
		return r;
	p.data_blocks = get_le64(sb + SB_DATA_BLOCKS);
	p.salt_size = get_le16(sb + SB_SALT_SIZE);
	memcpy(p.uuid, sb + SB_UUID, sizeof(p.uuid));
	memcpy(p.salt, sb + SB_SALT, p.salt_size);
	*ret = p;
	return 0;
}
