#include "image/root_verity.h"

#include <errno.h>
#include <inttypes.h>

#include "base/parallel.h"

/* Hashed by one thread at a time. */
#define CHUNK_BLOCKS 256u
#define CHUNK_SIZE ((size_t)CHUNK_BLOCKS * VERITY_BLOCK_SIZE)
/* Digests of all data blocks are kept: 1/128 of the data. */
#define ROOT_SIZE_MAX (16ull << 30)
/* 1/128 of the data, 1/128 of that and so on, and the superblock. */
#define HASH_SIZE_MAX (ROOT_SIZE_MAX / 64)

struct hash_context {
	const struct verity_parameters *parameters;
	const struct pieces *root;
	uint8_t *digests;
};

static int hash_chunk(void *context, size_t index, struct error **err)
{
	const struct hash_context *c = context;
	uint64_t first = (uint64_t)index * CHUNK_BLOCKS;
	size_t size = (size_t)MIN(c->parameters->data_blocks - first, (uint64_t)CHUNK_BLOCKS) *
		      VERITY_BLOCK_SIZE;
	_cleanup_free_ uint8_t *blocks = malloc(size);

	if (!blocks)
		return error_oom(err);

	int r = pieces_read(c->root, first * VERITY_BLOCK_SIZE, blocks, size, err);

	return r < 0 ? r
		     : verity_hash_blocks(c->parameters, SPAN(blocks, size),
					  c->digests + first * VERITY_DIGEST_SIZE, err);
}

static int write_block(void *context, uint64_t offset, struct span block, struct error **err)
{
	struct buffer *b = context;

	if (offset > b->n || block.n > b->n - offset)
		return error_set(err, -EINVAL, "a block of the tree at %" PRIu64, offset);
	memcpy(b->p + offset, block.p, block.n);
	return 0;
}

/* Level 0 by several threads, the rest of the tree in order. */
static int make_tree(const struct pieces *root, const struct verity_parameters *p, struct buffer *b,
		     uint8_t ret_root_hash[VERITY_DIGEST_SIZE], struct error **err)
{
	_cleanup_(verity_builder_freep) struct verity_builder *builder = NULL;
	_cleanup_free_ uint8_t *digests = malloc((size_t)p->data_blocks * VERITY_DIGEST_SIZE);
	struct hash_context context = {p, root, digests};
	int r;

	if (!digests)
		return error_oom(err);
	r = parallel_for((size_t)((p->data_blocks + CHUNK_BLOCKS - 1) / CHUNK_BLOCKS), 0,
			 hash_chunk, &context, err);
	if (r >= 0)
		r = verity_builder_new(p, write_block, b, &builder, err);
	if (r >= 0)
		r = verity_builder_add_digests(builder, digests, (size_t)p->data_blocks, err);
	if (r >= 0)
		r = verity_builder_end(builder, ret_root_hash, err);
	return r;
}

static int make_device(const struct pieces *root, const struct verity_parameters *p,
		       struct root_verity *ret, struct error **err)
{
	_cleanup_(root_verity_release) struct root_verity v = {
		.data_size = p->data_blocks * VERITY_BLOCK_SIZE,
		.bytes = BUFFER_INIT(HASH_SIZE_MAX),
	};
	uint8_t *superblock = buffer_extend(&v.bytes, (size_t)verity_size(p->data_blocks));

	if (!superblock)
		return error_oom(err);
	verity_encode_superblock(p, superblock);

	int r = make_tree(root, p, &v.bytes, v.root_hash, err);

	if (r < 0)
		return r;
	hex_encode(SPAN(v.root_hash, sizeof(v.root_hash)), v.root_hash_hex);
	*ret = v;
	v = (struct root_verity){0};
	return 0;
}

static int set_parameters(uint64_t root_size, const uint8_t uuid[16], struct verity_parameters *ret,
			  struct error **err)
{
	struct digest salt = digest_bytes(DIGEST_SHA256, SPAN(uuid, 16));

	if (root_size == 0 || root_size % VERITY_BLOCK_SIZE != 0 || root_size > ROOT_SIZE_MAX)
		return error_set(err, -EINVAL,
				 "%" PRIu64 " bytes are not 1 to %llu blocks of %u bytes",
				 root_size, ROOT_SIZE_MAX / VERITY_BLOCK_SIZE, VERITY_BLOCK_SIZE);
	*ret = (struct verity_parameters){
		.data_blocks = root_size / VERITY_BLOCK_SIZE,
		.salt_size = VERITY_DIGEST_SIZE,
	};
	memcpy(ret->uuid, uuid, sizeof(ret->uuid));
	memcpy(ret->salt, salt.bytes, VERITY_DIGEST_SIZE);
	return 0;
}

int root_verity_make(const struct pieces *root, const uint8_t uuid[16], struct root_verity *ret,
		     struct error **err)
{
	struct verity_parameters p;
	int r = set_parameters(root->size, uuid, &p, err);

	if (r >= 0)
		r = make_device(root, &p, ret, err);
	return r < 0 ? error_wrap(err, r, "verity of root.erofs") : 0;
}

void root_verity_release(struct root_verity *v)
{
	buffer_release(&v->bytes);
	*v = (struct root_verity){0};
}
