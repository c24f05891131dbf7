/*
 * A file of one EROFS image as it can be put into another: its data blocks as they are, and the index that
 * tells where in them each part of the file begins. Blocks are counted from the first one of the file, so an
 * index moves with one addition.
 *
 * Only what mkfs.erofs makes with -b4096 -zlz4 is read: compact indices of clusters of 4096 bytes, or files
 * that are not compressed.
 */
#pragma once

#include "formats/erofs.h"

struct erofs_piece {
	uint64_t size; /* of the file */
	/* Of a compressed file, otherwise empty. */
	struct span index;
	uint32_t index_base;
	uint32_t blocks;
	/* Where its blocks, or the whole blocks of one that is not compressed, begin in the image. */
	uint64_t data;
	struct span tail; /* the bytes after whole blocks of one that is not compressed */
};

_must_check_ int erofs_piece(const struct erofs *fs, const struct erofs_inode *inode,
			     struct erofs_piece *ret, struct error **err);

/* Adds `delta` blocks to all addresses of the index of a file of `size` bytes. */
void erofs_index_move(uint8_t *index, uint64_t size, uint32_t delta);
