/*
 * The superblock of EROFS, as far as the size of the file system goes: its own file, for the initrd
 * needs this and nothing else of formats/erofs.h.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

#define EROFS_SUPER_OFFSET 1024u
#define EROFS_SUPER_SIZE 128u
#define EROFS_SUPERBLOCK_END (EROFS_SUPER_OFFSET + EROFS_SUPER_SIZE)
#define EROFS_SUPER_MAGIC 0xe0f5e1e2u
#define EROFS_BLOCK_BITS_MIN 9u
#define EROFS_BLOCK_BITS_MAX 16u

/*
 * Finds the superblock in the first bytes of a file system. *ret points to EROFS_SUPER_SIZE bytes
 * whose magic and size of a block are checked, nothing else.
 */
_must_check_ int erofs_superblock(struct span first, const uint8_t **ret, struct error **err);

/* Blocks have 1 << this bytes. */
unsigned erofs_block_bits(const uint8_t *superblock);
/* How many blocks the file system has. */
uint32_t erofs_blocks(const uint8_t *superblock);

/* The bytes of a file system of which `first` are the first ones. */
_must_check_ int erofs_size(struct span first, uint64_t *ret, struct error **err);
