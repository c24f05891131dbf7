/*
 * An EROFS image laid out as mkfs.erofs 1.8 does (-b4096 -zlz4 -C65536 -x-1 -T0, all inodes extended), from
 * contents that it has compressed before: formats/erofs_piece.h. Every byte but those of whole data blocks is
 * made here, so an image costs what its metadata are, whatever its files hold.
 *
 * The caller fills in nodes and names and gets back, for each node, where its data belong.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/span.h"

/* Of all metadata: half a million inodes of 100 bytes with their names and indices. */
#define EROFS_METADATA_MAX (1u << 30)
/* Node numbers are 32 bits; a directory entry takes at least 13 bytes. */
#define EROFS_NODES_MAX (EROFS_METADATA_MAX / 64)

struct erofs_node {
	uint32_t mode; /* with its type: directory, regular file or symbolic link */
	uint32_t uid, gid;
	uint64_t size; /* of a file's content or a link's target */
	/* A compressed file: its index, made for data that begin at block `index_base`. */
	struct span index;
	uint32_t index_base;
	uint32_t blocks;
	/* Others: the bytes after the whole blocks. */
	struct span tail;

	/* Result: the first `data_size` bytes of content, or all blocks of a compressed file, lie at block `data`. */
	uint32_t data;
	uint64_t data_size;
};

/* An entry of a directory, but "." and "..". */
struct erofs_name {
	const char *name;
	uint32_t directory;
	uint32_t node;
};

struct erofs_plan_input {
	struct erofs_node *nodes; /* 0 is the root directory */
	size_t n_nodes;
	struct erofs_name *names; /* of all directories: sorted by this */
	size_t n_names;
	uint8_t uuid[16]; /* in the order of its text form */
};

/* Bytes for a place of the image. */
struct erofs_metadata {
	uint64_t offset; /* whole blocks, in increasing order */
	struct span bytes;
};

struct erofs_plan {
	uint32_t blocks;
	struct erofs_metadata *metadata;
	size_t n_metadata;
	struct buffer bytes; /* of all metadata */
};

_must_check_ int erofs_plan_make(const struct erofs_plan_input *in, struct erofs_plan *ret,
				 struct error **err);
void erofs_plan_release(struct erofs_plan *l);
