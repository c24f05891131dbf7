/*
 * Reader of EROFS file systems (the kernel's Documentation/filesystems/erofs.rst and
 * fs/erofs/erofs_fs.h, whose field names these are), over a mapped image that anybody may have made.
 *
 *	erofs_open(image, &fs, err);
 *	erofs_inode(&fs, fs.root_nid, &inode, err);
 *	erofs_list(&fs, &inode, visit, context, err);
 *
 * Read are what mkfs.erofs makes unless told otherwise: compact and extended inodes, plain and inline
 * data, LZ4 clusters with both kinds of index. Extended attributes are passed over. Layouts that are
 * known but not read (chunks, tails and fragments packed elsewhere, other compressions, several
 * devices) are -ERROR_UNSUPPORTED with a message that names them, for each file on its own.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/span.h"

#define EROFS_NAME_MAX 255u
#define EROFS_SYMLINK_MAX 4096u
/* Of a directory's content: some hundred thousand entries. */
#define EROFS_DIRECTORY_MAX (16u << 20)
/* Of what one compressed extent unpacks to: an LZ4 cluster has at most 1 MiB and grows by at most 255,
 * but the extents of mkfs.erofs stay far below. */
#define EROFS_EXTENT_MAX (64u << 20)

#define EROFS_COMPAT_SB_CHKSUM 0x1u

#define EROFS_MODE_TYPE 0170000u
#define EROFS_MODE_DIRECTORY 0040000u
#define EROFS_MODE_FILE 0100000u
#define EROFS_MODE_SYMLINK 0120000u

struct erofs {
	struct span image; /* `blocks` blocks */
	unsigned block_bits;
	uint32_t feature_compat;
	uint32_t feature_incompat;
	uint64_t root_nid;
	uint64_t inos;
	uint64_t build_time;
	uint32_t blocks;
	uint32_t meta_blkaddr;
	uint8_t uuid[16]; /* in the order of its text form */
	bool checksum_ok; /* true, too, where the file system has none */
};

enum erofs_layout {
	EROFS_FLAT_PLAIN,
	EROFS_COMPRESSED_FULL,
	EROFS_FLAT_INLINE,
	EROFS_COMPRESSED_COMPACT,
	EROFS_CHUNK_BASED,
};

struct erofs_inode {
	uint64_t nid;
	uint64_t offset; /* in the image */
	enum erofs_layout layout;
	uint32_t mode; /* with its type */
	uint32_t uid, gid;
	uint32_t nlink;
	uint64_t size;
	uint64_t mtime;
	uint32_t i_u; /* raw_blkaddr, compressed_blocks or rdev */
	uint64_t end; /* of inode and extended attributes, in the image */
	bool has_xattrs;
};

/* Reads the superblock. The image may be followed by other bytes. */
_must_check_ int erofs_open(struct span image, struct erofs *ret, struct error **err);

_must_check_ int erofs_inode(const struct erofs *fs, uint64_t nid, struct erofs_inode *ret,
			     struct error **err);

/* Gets each entry but "." and ".."; the name has no NUL and no slash. */
typedef int (*erofs_visit)(void *context, struct span name, uint64_t nid, struct error **err);

_must_check_ int erofs_list(const struct erofs *fs, const struct erofs_inode *directory,
			    erofs_visit visit, void *context, struct error **err);

/* Finds "usr/lib/os-release" without following links. -ENOENT if it does not exist. */
_must_check_ int erofs_find(const struct erofs *fs, const char *path, struct erofs_inode *ret,
			    struct error **err);

/* A part of a file that lies in one piece. */
struct erofs_extent {
	uint64_t offset; /* in the file */
	uint64_t length;
	uint64_t physical; /* in the image */
	uint64_t physical_length;
	bool compressed;
	bool interlaced; /* a block whose bytes begin at offset % block size and wrap around */
};

struct erofs_cursor {
	const struct erofs *fs;
	const struct erofs_inode *inode;
	uint64_t at; /* in the file */
	/* Of compressed files: */
	uint64_t index; /* where the index begins in the image */
	uint64_t clusters;
	uint64_t next; /* cluster to decode */
	uint16_t advise;
	uint8_t algorithms;
	unsigned cluster_bits;
	/* Of a pack of compact indices: */
	uint64_t blocks_in_pack;
};

/* Begins at the start of a file's content. */
_must_check_ int erofs_cursor_init(const struct erofs *fs, const struct erofs_inode *inode,
				   struct erofs_cursor *ret, struct error **err);

/* The next extent: 1, or 0 at the end. Extents follow each other without gap. */
_must_check_ int erofs_next(struct erofs_cursor *c, struct erofs_extent *ret, struct error **err);

/* The bytes of an extent: in the image, or in `scratch`, which is emptied first. */
_must_check_ int erofs_extent_bytes(const struct erofs *fs, const struct erofs_extent *e,
				    struct buffer *scratch, struct span *ret, struct error **err);

/* Appends a whole file, or the target of a symbolic link. */
_must_check_ int erofs_read(const struct erofs *fs, const struct erofs_inode *inode,
			    struct buffer *ret, struct error **err);

/* What belongs into the superblock's field `checksum`. False if `first` ends before the block that is summed. */
_must_check_ bool erofs_checksum(struct span first, unsigned block_bits, uint32_t *ret);
