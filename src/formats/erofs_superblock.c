#include "formats/erofs_superblock.h"

int erofs_size(struct span first, uint64_t *ret, struct error **err)
{
	struct span super;

	if (!span_slice(first, EROFS_SUPER_OFFSET, EROFS_SUPER_SIZE, &super) ||
	    get_le32(super.p) != EROFS_SUPER_MAGIC)
		return error_set(err, -ERROR_MALFORMED, "EROFS: no superblock");

	unsigned block_bits = super.p[12];

	if (block_bits < EROFS_BLOCK_BITS_MIN || block_bits > EROFS_BLOCK_BITS_MAX)
		return error_set(err, -ERROR_MALFORMED, "EROFS: blocks of 2^%u bytes", block_bits);
	*ret = (uint64_t)get_le32(super.p + 36) << block_bits;
	return 0;
}
