#include "guest/init/init.h"

#include <errno.h>

#include "formats/erofs_superblock.h"
#include "formats/verity_superblock.h"

int verity_table(struct span superblock, const struct root_hash *hash,
		 const struct block_device *root, const struct block_device *verity,
		 char ret[VERITY_TABLE_MAX], uint64_t *ret_sectors, struct error **err)
{
	struct verity_parameters p;
	char hash_hex[2 * ROOT_HASH_SIZE + 1];
	char salt_hex[2 * VERITY_SALT_MAX + 1];
	int r = verity_parse_superblock(superblock, &p, err);

	if (r < 0)
		return error_wrap(err, r, "%s", verity->path);
	if (p.data_blocks > root->size / VERITY_BLOCK_SIZE)
		return error_set(err, -ERROR_MALFORMED, "%s: more data blocks than '%s' holds",
				 verity->path, root->path);
	hex_encode(SPAN(hash->bytes, sizeof hash->bytes), hash_hex);
	hex_encode(SPAN(p.salt, p.salt_size), salt_hex);
	/* A block that differs must end the machine, not only the read: what it runs is no longer
	 * what was measured. So must one that cannot be read: a program that goes on without a file
	 * is none that was measured either. */
	if (snprintf(ret, VERITY_TABLE_MAX,
		     "1 %s %s %u %u %llu 1 sha256 %s %s 2 panic_on_corruption "
		     "panic_on_error",
		     root->path, verity->path, VERITY_BLOCK_SIZE, VERITY_BLOCK_SIZE,
		     (unsigned long long)p.data_blocks, hash_hex,
		     p.salt_size ? salt_hex : "-") >= VERITY_TABLE_MAX)
		return error_set(err, -ERROR_MALFORMED, "%s: table too long", verity->path);
	*ret_sectors = p.data_blocks * (VERITY_BLOCK_SIZE / 512);
	return 0;
}

int verity_check_size(struct span first, uint64_t sectors, struct error **err)
{
	uint64_t size;
	int r = erofs_size(first, &size, err);

	if (r < 0)
		return r;
	if (size != sectors * 512)
		return error_set(
			err, -ERROR_MALFORMED,
			"the verity superblock covers %llu bytes, the file system has %llu: "
			"the disk was changed",
			(unsigned long long)sectors * 512, (unsigned long long)size);
	return 0;
}
