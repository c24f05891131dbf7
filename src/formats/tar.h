/*
 * Headers of tar archives: POSIX.1-2008 ustar interchange format, with pax extended headers where a
 * value does not fit. Deterministic: times are 0, there are no user and group names.
 *
 * An archive is, for each entry, the header, the content and zeros up to 512 bytes; at the end
 * tar_put_end(). The caller copies content itself, so that it need not pass through memory.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#define TAR_BLOCK_SIZE 512u

/* Values are the typeflag of the header. */
enum tar_type {
	TAR_FILE = '0',
	TAR_LINK = '1',
	TAR_SYMLINK = '2',
	TAR_DIRECTORY = '5',
};

struct tar_entry {
	enum tar_type type;
	const char *path;   /* "" is the root directory, written "./" */
	const char *target; /* of a symbolic link; of a hard link: the path of an entry before it */
	uint32_t mode;	    /* 07777 */
	uint32_t uid;
	uint32_t gid;
	uint64_t size; /* of a file's content */
};

/* Appends the header of an entry, with a pax header before it if one is needed. */
void tar_put_header(struct buffer *b, const struct tar_entry *e);

/* Zero bytes that follow content of this size. */
static inline size_t tar_padding(uint64_t size)
{
	return (size_t)(-size % TAR_BLOCK_SIZE);
}

/* Appends the end of an archive: two zero blocks. */
void tar_put_end(struct buffer *b);
