#include "formats/erofs_superblock.h"

unsigned erofs_block_bits(const uint8_t *superblock)
{
	return superblock[12];
}

uint32_t erofs_blocks(const uint8_t *superblock)
{
	return get_le32(superblock + 36);
}

int erofs_superblock(struct span first, const uint8_t **ret, struct error **err)
{
	struct span super;

	if (!span_slice(first, EROFS_SUPER_OFFSET, EROFS_SUPER_SIZE, &super) ||
	    get_le32(super.p) != EROFS_SUPER_MAGIC)
		return error_set(err, -ERROR_MALFORMED, "EROFS: no superblock");

	unsigned bits = erofs_block_bits(super.p);

	if (bits < EROFS_BLOCK_BITS_MIN || bits > EROFS_BLOCK_BITS_MAX)
		return error_set(err, -ERROR_MALFORMED, "EROFS: blocks of 2^%u bytes", bits);
	*ret = super.p;
	return 0;
}

int erofs_size(struct span first, uint64_t *ret, struct error **err)
{
	const uint8_t *super = NULL;
	int r = erofs_superblock(first, &super, err);

	if (r >= 0)
		*ret = (uint64_t)erofs_blocks(super) << erofs_block_bits(super);
	return r;
}
