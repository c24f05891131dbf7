/* Data against its hash tree, and the tree against its root hash. */
#include "inspect/inspection.h"

#include <errno.h>
#include <inttypes.h>

#include "base/parallel.h"

/* Hashed by one thread at a time. */
#define CHUNK_BLOCKS 256u
/* Chunks whose digests are kept at once: 2 MiB of digests for 256 MiB of data. */
#define WINDOW_CHUNKS 256u

struct check {
	const struct inspect_partition *data;
	const struct inspect_partition *tree;
	uint64_t first; /* block of the window */
	uint64_t blocks;
	uint8_t *digests;
};

static int hash_chunk(void *context, size_t index, struct error **err)
{
	const struct check *c = context;
	uint64_t first = (uint64_t)index * CHUNK_BLOCKS;
	uint64_t n = MIN(c->blocks - first, (uint64_t)CHUNK_BLOCKS);
	struct span bytes;

	if (!span_slice(c->data->content, (c->first + first) * VERITY_BLOCK_SIZE,
			n * VERITY_BLOCK_SIZE, &bytes))
		return error_set(err, -ERROR_MALFORMED, "the data end at block %" PRIu64,
				 c->first + first);
	return verity_hash_blocks(&c->tree->verity, bytes, c->digests + first * VERITY_DIGEST_SIZE,
				  err);
}

/* The lowest level lies last in the tree. */
static uint64_t lowest_level(uint64_t data_blocks)
{
	uint64_t per_block = VERITY_BLOCK_SIZE / VERITY_DIGEST_SIZE;

	return verity_size(data_blocks) -
	       (data_blocks + per_block - 1) / per_block * VERITY_BLOCK_SIZE;
}

/* Gets each block of the tree as the data make it. */
static int compare_block(void *context, uint64_t offset, struct span block, struct error **err)
{
	const struct check *c = context;
	uint64_t lowest = lowest_level(c->tree->verity.data_blocks);
	struct span found;
	size_t at = 0;

	if (!span_slice(c->tree->content, offset, block.n, &found))
		return error_set(err, -ERROR_MALFORMED, "the hash tree lies outside the partition");
	if (span_equal(found, block))
		return 0;
	while (found.p[at] == block.p[at])
		at++;
	if (offset < lowest)
		return error_set(
			err, -ERROR_REFUSED,
			"partition %u does not have its root hash: the hash block at %" PRIu64
			" is not that of the blocks below it",
			c->tree->number, offset);
	return error_set(err, -ERROR_REFUSED,
			 "partition %u is not what its hash tree in partition %u says: block "
			 "%" PRIu64 " of the data, hash at %" PRIu64,
			 c->data->number, c->tree->number,
			 (offset - lowest + at) / VERITY_DIGEST_SIZE,
			 offset + at / VERITY_DIGEST_SIZE * VERITY_DIGEST_SIZE);
}

static int check_tree(struct check *c, uint8_t ret[VERITY_DIGEST_SIZE], struct error **err)
{
	const uint64_t total = c->tree->verity.data_blocks;
	const uint64_t window = (uint64_t)WINDOW_CHUNKS * CHUNK_BLOCKS;
	_cleanup_(verity_builder_freep) struct verity_builder *b = NULL;
	_cleanup_free_ uint8_t *digests = malloc(window * VERITY_DIGEST_SIZE);
	int r = digests ? verity_builder_new(&c->tree->verity, compare_block, c, &b, err)
			: error_oom(err);

	c->digests = digests;
	for (c->first = 0; r >= 0 && c->first < total; c->first += window) {
		c->blocks = MIN(total - c->first, window);
		r = parallel_for((size_t)((c->blocks + CHUNK_BLOCKS - 1) / CHUNK_BLOCKS), 0,
				 hash_chunk, c, err);
		if (r >= 0)
			r = verity_builder_add_digests(b, digests, (size_t)c->blocks, err);
	}
	return r < 0 ? r : verity_builder_end(b, ret, err);
}

static int verify_partition(struct inspection *in, struct inspect_partition *v, struct error **err)
{
	struct check c = {.data = inspection_partition(in, v->data_number), .tree = v};
	uint8_t root[VERITY_DIGEST_SIZE];

	if (v->verity.data_blocks == 0)
		return error_set(err, -ERROR_REFUSED, "partition %u: %s", v->number, v->problem);
	if (!c.data)
		return error_set(err, -ERROR_REFUSED,
				 "partition %u: no partition has the data of this hash tree",
				 v->number);

	int r = check_tree(&c, root, err);

	if (r < 0)
		return r;
	v->verified = memcmp(root, v->root_hash, sizeof(root)) == 0;
	return v->verified ? 0
			   : error_set(err, -ERROR_REFUSED,
				       "partition %u does not have its root hash", v->number);
}

int inspection_verify(struct inspection *in, struct error **err)
{
	const struct inspect_partition *unknown = NULL;
	unsigned trees = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < in->n_partitions; i++) {
		struct inspect_partition *p = &in->partitions[i];

		if (p->kind != CONTENT_VERITY)
			continue;
		trees++;
		if (p->tree_unknown)
			unknown = p;
		else
			r = verify_partition(in, p, err);
	}
	/* Damage elsewhere says more, and whose root hash this is cannot be told. */
	if (r >= 0 && unknown)
		return error_set(err, -ERROR_UNSUPPORTED, "%s: partition %u: %s", in->name,
				 unknown->number, unknown->problem);
	for (size_t i = 0; r >= 0 && i < in->n_programs; i++) {
		const struct inspect_program *p = &in->programs[i];

		if (p->root_hash && !p->verity_number)
			r = error_set(err, -ERROR_REFUSED,
				      "%s: no hash tree of the disk has the root hash %s",
				      p->path ? p->path : "command line", p->root_hash);
	}
	if (r >= 0 && trees == 0)
		r = error_set(err, -ERROR_REFUSED, "there is no hash tree to verify");
	return r < 0 ? error_wrap(err, r, "%s", in->name) : 0;
}
