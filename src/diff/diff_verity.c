/* Hash trees. */
#include "diff/diff_parts.h"

#include <inttypes.h>

#define FOLLOWS_FROM "the root file system"

static void diff_salt(struct diff *d, const struct verity_parameters *a,
		      const struct verity_parameters *b)
{
	char text_a[2 * VERITY_SALT_MAX + 1], text_b[2 * VERITY_SALT_MAX + 1];

	if (span_equal(SPAN(a->salt, a->salt_size), SPAN(b->salt, b->salt_size)))
		return;
	hex_encode(SPAN(a->salt, a->salt_size), text_a);
	hex_encode(SPAN(b->salt, b->salt_size), text_b);
	diff_add(d, "salt", text_a, text_b, NULL);
}

/* What the hash at this offset of the tree is of. The lowest level lies last. */
static char *describe_hash(const struct verity_parameters *p, uint64_t offset)
{
	const uint64_t per_block = VERITY_BLOCK_SIZE / VERITY_DIGEST_SIZE;
	uint64_t blocks = p->data_blocks, end = verity_size(p->data_blocks);

	if (offset < VERITY_BLOCK_SIZE)
		return strdup("superblock");
	if (offset >= end)
		return strdup("after the tree");
	for (unsigned level = 0; level < VERITY_LEVELS_MAX; level++) {
		uint64_t here = (blocks + per_block - 1) / per_block;
		uint64_t start = end - here * VERITY_BLOCK_SIZE;
		uint64_t index = (offset - start) / VERITY_DIGEST_SIZE;

		if (offset >= start && index >= blocks)
			return string_printf("padding of level %u", level);
		if (offset >= start)
			return level == 0 ? string_printf("hash of data block %" PRIu64, index)
					  : string_printf("level %u, hash of block %" PRIu64
							  " of level %u",
							  level, index, level - 1);
		end = start;
		blocks = here;
	}
	return strdup("hash");
}

void diff_verity(struct diff *d, const struct partition_pair *pair)
{
	const struct inspect_partition *a = pair->p[DIFF_A], *b = pair->p[DIFF_B];
	const char *follows_from = pair->data_differ ? FOLLOWS_FROM : NULL;
	uint64_t first = pair->content.first;
	struct diff_place place_a = diff_partition_place(pair, DIFF_A, first);
	struct diff_place place_b = diff_partition_place(pair, DIFF_B, first);

	if (a->verity.data_blocks > 0 && b->verity.data_blocks > 0) {
		if (!string_equal(a->root_hash_hex, b->root_hash_hex))
			diff_add(d, "root hash", a->root_hash_hex, b->root_hash_hex, follows_from);
		diff_add_numbers(d, "blocks of data", a->verity.data_blocks, b->verity.data_blocks,
				 follows_from);
		diff_salt(d, &a->verity, &b->verity);
	}
	if (a->verity.data_blocks == 0)
		return;

	_cleanup_free_ char *what = describe_hash(&a->verity, first);

	if (what)
		diff_add_bytes(d, what, a->content, b->content, first, &place_a, &place_b,
			       follows_from);
	d->failed |= !what;
}
