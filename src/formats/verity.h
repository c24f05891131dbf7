/*
 * dm-verity hash device: a superblock and a tree of SHA-256 hashes.
 *
 * On-disk format 1 of the kernel's Documentation/admin-guide/device-mapper/verity.rst with the
 * superblock of veritysetup (cryptsetup, docs "verity on-disk format"): data and hash blocks of
 * 4096 bytes, digest = SHA-256(salt || block). The superblock takes the first hash block; the levels
 * of the tree follow, the top one first, each padded with zeros to whole blocks.
 *
 * A tree is built in one pass over the data with one block of memory for each level:
 *
 *	verity_builder_new(&parameters, write, context, &b, err);
 *	while (data) {
 *		verity_hash_blocks(&parameters, blocks, digests, err);
 *		verity_builder_add_digests(b, digests, n, err);
 *	}
 *	verity_builder_end(b, root_hash, err);
 *
 * Blocks may be hashed in any order, by several processors; their digests are given in order.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "crypto/digest.h"
#include "formats/verity_superblock.h"

/* ceil(48 / 7): each block holds 128 digests. */
#define VERITY_LEVELS_MAX 7

/* Size of the hash device in bytes, superblock included. */
uint64_t verity_size(uint64_t data_blocks);

/* Hashes whole data blocks: blocks.n / 4096 digests of 32 bytes to `ret`. Safe in several threads.
 */
_must_check_ int verity_hash_blocks(const struct verity_parameters *p, struct span blocks,
				    uint8_t *ret, struct error **err);

/* Takes a block of the tree, for `offset` of the hash device. Blocks come in no useful order. */
typedef int (*verity_write_function)(void *context, uint64_t offset, struct span block,
				     struct error **err);

struct verity_builder;

/* The superblock is not given to `write`: see verity_encode_superblock(). */
_must_check_ int verity_builder_new(const struct verity_parameters *p, verity_write_function write,
				    void *context, struct verity_builder **ret, struct error **err);
void verity_builder_free(struct verity_builder *b);
DEFINE_FREEP(struct verity_builder *, verity_builder_free)

/* The digests of the next n data blocks. */
_must_check_ int verity_builder_add_digests(struct verity_builder *b, const uint8_t *digests,
					    size_t n, struct error **err);
/* Completes the tree; exactly data_blocks must have come. */
_must_check_ int verity_builder_end(struct verity_builder *b,
				    uint8_t ret_root_hash[VERITY_DIGEST_SIZE], struct error **err);
