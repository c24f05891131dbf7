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

/* The bytes of a file system of which `first` are the first ones. */
_must_check_ int erofs_size(struct span first, uint64_t *ret, struct error **err);
