#include "image/root_verity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/parallel.h"

/* Hashed by one thread at a time. */
#define CHUNK_BLOCKS 256u
#define CHUNK_SIZE ((size_t)CHUNK_BLOCKS * VERITY_BLOCK_SIZE)
/* Digests of all data blocks are kept: 1/128 of the data. */
#define ROOT_SIZE_MAX (16ull << 30)

struct hash_context {
	const struct verity_parameters *parameters;
	int fd;
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

	ssize_t got = pread(c->fd, blocks, size, (off_t)(first * VERITY_BLOCK_SIZE));

	if (got != (ssize_t)size)
		return error_errno(err, got < 0 ? errno : ENODATA, "cannot read at block %" PRIu64,
				   first);
	return verity_hash_blocks(c->parameters, SPAN(blocks, size),
				  c->digests + first * VERITY_DIGEST_SIZE, err);
}

static int write_block(void *context, uint64_t offset, struct span block, struct error **err)
{
	const struct output *o = context;
	int r = pwrite_full(o->fd, block, (off_t)offset);

	return r < 0 ? error_errno(err, -r, "%s", o->path) : 0;
}

/* Level 0 by several threads, the rest of the tree in order. */
static int write_tree(int fd, const struct verity_parameters *p, struct output *o,
		      uint8_t ret_root_hash[VERITY_DIGEST_SIZE], struct error **err)
{
	_cleanup_(verity_builder_freep) struct verity_builder *builder = NULL;
	_cleanup_free_ uint8_t *digests = malloc((size_t)p->data_blocks * VERITY_DIGEST_SIZE);
	struct hash_context context = {p, fd, digests};
	int r;

	if (!digests)
		return error_oom(err);
	r = parallel_for((size_t)((p->data_blocks + CHUNK_BLOCKS - 1) / CHUNK_BLOCKS), 0,
			 hash_chunk, &context, err);
	if (r >= 0)
		r = verity_builder_new(p, write_block, o, &builder, err);
	if (r >= 0)
		r = verity_builder_add_digests(builder, digests, (size_t)p->data_blocks, err);
	if (r >= 0)
		r = verity_builder_end(builder, ret_root_hash, err);
	return r;
}

static int write_output(int fd, const struct verity_parameters *p, const char *output,
			struct root_verity *ret, struct error **err)
{
	_cleanup_(output_release) struct output o = OUTPUT_INIT;
	struct root_verity v = {
		.data_size = p->data_blocks * VERITY_BLOCK_SIZE,
		.hash_size = verity_size(p->data_blocks),
	};
	uint8_t superblock[VERITY_BLOCK_SIZE];
	int r = output_open(output, &o, err);

	if (r < 0)
		return r;
	verity_encode_superblock(p, superblock);
	r = write_block(&o, 0, SPAN(superblock, sizeof(superblock)), err);
	if (r >= 0)
		r = write_tree(fd, p, &o, v.root_hash, err);
	if (r >= 0)
		r = output_commit(&o, err);
	if (r < 0)
		return r;
	hex_encode(SPAN(v.root_hash, sizeof(v.root_hash)), v.root_hash_hex);
	*ret = v;
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

int root_verity_write(const char *root, const uint8_t uuid[16], const char *output,
		      struct root_verity *ret, struct error **err)
{
	_cleanup_close_ int fd = open(root, O_RDONLY | O_CLOEXEC);
	struct verity_parameters p;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, errno, "%s", root);

	int r = set_parameters((uint64_t)st.st_size, uuid, &p, err);

	if (r >= 0)
		r = write_output(fd, &p, output, ret, err);
	return r < 0 ? error_wrap(err, r, "verity of %s", root) : 0;
}
