#include "formats/verity.h"

#include <errno.h>
#include <inttypes.h>

#define DIGESTS_PER_BLOCK (VERITY_BLOCK_SIZE / VERITY_DIGEST_SIZE)

/* Level 0 holds the digests of the data. A single data block needs no tree. */
struct level {
	uint64_t offset; /* of the next block to write */
	size_t filled;	 /* bytes of block */
	uint8_t block[VERITY_BLOCK_SIZE];
};

struct verity_builder {
	struct verity_parameters parameters;
	verity_write_function write;
	void *context;
	struct digest_stream *stream;
	uint64_t blocks_added;
	uint8_t top[VERITY_DIGEST_SIZE]; /* digest of the only block above all levels */
	size_t n_levels;
	struct level levels[VERITY_LEVELS_MAX];
};

static uint64_t blocks_above(uint64_t blocks)
{
	return (blocks + DIGESTS_PER_BLOCK - 1) / DIGESTS_PER_BLOCK;
}

/* Blocks of each level, the lowest first; how many levels. */
static size_t count_levels(uint64_t data_blocks, uint64_t ret_blocks[VERITY_LEVELS_MAX])
{
	size_t n = 0;

	for (uint64_t blocks = data_blocks; blocks > 1; n++) {
		blocks = blocks_above(blocks);
		ret_blocks[n] = blocks;
	}
	return n;
}

uint64_t verity_size(uint64_t data_blocks)
{
	uint64_t blocks[VERITY_LEVELS_MAX];
	uint64_t total = 1;

	for (size_t n = count_levels(data_blocks, blocks); n > 0; n--)
		total += blocks[n - 1];
	return total * VERITY_BLOCK_SIZE;
}

static void hash_block(const struct verity_parameters *p, struct digest_stream *stream,
		       const uint8_t *block, uint8_t ret[VERITY_DIGEST_SIZE])
{
	digest_stream_add(stream, SPAN(p->salt, p->salt_size));
	digest_stream_add(stream, SPAN(block, VERITY_BLOCK_SIZE));

	struct digest d = digest_stream_end(stream);

	memcpy(ret, d.bytes, VERITY_DIGEST_SIZE);
}

int verity_hash_blocks(const struct verity_parameters *p, struct span blocks, uint8_t *ret,
		       struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *stream =
		digest_stream_new(DIGEST_SHA256);

	if (!stream)
		return error_oom(err);
	if (blocks.n % VERITY_BLOCK_SIZE != 0)
		return error_set(err, -EINVAL, "verity: %zu bytes are not whole blocks", blocks.n);
	for (size_t i = 0; i < blocks.n / VERITY_BLOCK_SIZE; i++)
		hash_block(p, stream, blocks.p + i * VERITY_BLOCK_SIZE,
			   ret + i * VERITY_DIGEST_SIZE);
	return 0;
}

int verity_builder_new(const struct verity_parameters *p, verity_write_function write,
		       void *context, struct verity_builder **ret, struct error **err)
{
	uint64_t blocks[VERITY_LEVELS_MAX];
	uint64_t offset = VERITY_BLOCK_SIZE;

	if (p->data_blocks == 0 || p->data_blocks > VERITY_DATA_BLOCKS_MAX)
		return error_set(err, -EINVAL, "verity: %" PRIu64 " data blocks", p->data_blocks);
	if (p->salt_size > VERITY_SALT_MAX)
		return error_set(err, -EINVAL, "verity: a salt of %zu bytes", p->salt_size);

	_cleanup_(verity_builder_freep) struct verity_builder *b = calloc(1, sizeof(*b));

	if (!b)
		return error_oom(err);
	b->parameters = *p;
	b->write = write;
	b->context = context;
	b->stream = digest_stream_new(DIGEST_SHA256);
	if (!b->stream)
		return error_oom(err);
	b->n_levels = count_levels(p->data_blocks, blocks);
	for (size_t i = b->n_levels; i > 0; i--) {
		b->levels[i - 1].offset = offset;
		offset += blocks[i - 1] * VERITY_BLOCK_SIZE;
	}
	*ret = TAKE_PTR(b);
	return 0;
}

void verity_builder_free(struct verity_builder *b)
{
	if (!b)
		return;
	digest_stream_free(b->stream);
	free(b);
}

static int add_digest(struct verity_builder *b, size_t level, const uint8_t *digest,
		      struct error **err);

/* Writes the level's block, padded with zeros, and gives its digest to the level above. */
static int flush_level(struct verity_builder *b, size_t level, struct error **err)
{
	struct level *l = &b->levels[level];
	uint8_t digest[VERITY_DIGEST_SIZE];

	memset(l->block + l->filled, 0, VERITY_BLOCK_SIZE - l->filled);

	int r = b->write(b->context, l->offset, SPAN(l->block, VERITY_BLOCK_SIZE), err);

	if (r < 0)
		return r;
	l->offset += VERITY_BLOCK_SIZE;
	l->filled = 0;
	hash_block(&b->parameters, b->stream, l->block, digest);
	return add_digest(b, level + 1, digest, err);
}

static int add_digest(struct verity_builder *b, size_t level, const uint8_t *digest,
		      struct error **err)
{
	if (level == b->n_levels) {
		memcpy(b->top, digest, VERITY_DIGEST_SIZE);
		return 0;
	}

	struct level *l = &b->levels[level];

	memcpy(l->block + l->filled, digest, VERITY_DIGEST_SIZE);
	l->filled += VERITY_DIGEST_SIZE;
	return l->filled == VERITY_BLOCK_SIZE ? flush_level(b, level, err) : 0;
}

int verity_builder_add_digests(struct verity_builder *b, const uint8_t *digests, size_t n,
			       struct error **err)
{
	if (n > b->parameters.data_blocks - b->blocks_added)
		return error_set(err, -EINVAL, "verity: more than %" PRIu64 " data blocks",
				 b->parameters.data_blocks);
	b->blocks_added += n;
	for (size_t i = 0; i < n; i++) {
		int r = add_digest(b, 0, digests + i * VERITY_DIGEST_SIZE, err);

		if (r < 0)
			return r;
	}
	return 0;
}

int verity_builder_end(struct verity_builder *b, uint8_t ret_root_hash[VERITY_DIGEST_SIZE],
		       struct error **err)
{
	if (b->blocks_added != b->parameters.data_blocks)
		return error_set(err, -EINVAL,
				 "verity: %" PRIu64 " of %" PRIu64 " data blocks came",
				 b->blocks_added, b->parameters.data_blocks);
	for (size_t level = 0; level < b->n_levels; level++) {
		int r = b->levels[level].filled > 0 ? flush_level(b, level, err) : 0;

		if (r < 0)
			return r;
	}
	memcpy(ret_root_hash, b->top, VERITY_DIGEST_SIZE);
	return 0;
}
