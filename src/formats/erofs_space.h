/*
 * Where things go in an EROFS image while it is laid out: the order in which mkfs.erofs 1.8 gives out space,
 * so that an image laid out here has the bytes of one that it made of the same tree.
 *
 * Space comes in regions of whole blocks. One of metadata is shared by what fits, the fullest first, and gets
 * its address late: when that of something in it is asked for, or at the end. One of data belongs to one file and
 * gets its address at once, before metadata that still wait. It may grow while it is the last that has an
 * address. Items are given back as region and offset.
 */
#pragma once

#include "base/error.h"

#define EROFS_SPACE_BLOCK 4096u
#define EROFS_SPACE_NONE UINT32_MAX

enum erofs_space_kind {
	EROFS_SPACE_DATA,	    /* whole blocks of a file */
	EROFS_SPACE_META,	    /* no alignment */
	EROFS_SPACE_INODE,	    /* metadata aligned to 32 */
	EROFS_SPACE_DIRECTORY_DATA, /* metadata in whole blocks of its own */
};

struct erofs_region {
	bool meta;
	uint32_t address; /* first block; EROFS_SPACE_NONE until it has one */
	uint32_t blocks;
	uint64_t used; /* bytes */
	/* In the order of addresses, those without one last. */
	uint32_t previous, next;
	/* Regions of metadata as full as this one in their last block, in the order in which they got so. */
	uint32_t peer_previous, peer_next;
	uint16_t fill;
	bool listed, listed_placed;
};

struct erofs_space;

struct erofs_item {
	uint32_t region;
	uint64_t offset;
};

struct erofs_space *erofs_space_new(void);
void erofs_space_free(struct erofs_space *s);
DEFINE_FREEP(struct erofs_space *, erofs_space_free)

/*
 * Space for `size` bytes. `tail` bytes more must fit after them into the same block (erofs_space_append()
 * then takes them): -ENOSPC, without a message, if they cannot in any.
 */
_must_check_ int erofs_space_take(struct erofs_space *s, enum erofs_space_kind kind, uint64_t size,
				  uint32_t tail, struct erofs_item *ret, struct error **err);
/* Bytes right after what the region holds. */
_must_check_ int erofs_space_append(struct erofs_space *s, uint32_t number, uint64_t size,
				    struct erofs_item *ret, struct error **err);
/* Gives the region its address, and all before it theirs. Returns it. */
uint32_t erofs_space_place(struct erofs_space *s, uint32_t number);
/* Takes a region of data out of the order once it will not grow any more. */
void erofs_space_close(struct erofs_space *s, uint32_t number);
/* Gives all regions addresses; the number of blocks of the image. */
uint32_t erofs_space_end(struct erofs_space *s);

const struct erofs_region *erofs_space_region(const struct erofs_space *s, uint32_t number);
/* Numbers of regions are below; 0 is none. */
size_t erofs_space_count(const struct erofs_space *s);
