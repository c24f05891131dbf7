/*
 * All files of a root file system, as a sorted list.
 */
#pragma once

#include "inspect/inspection.h"

/* A root file system of a cloud image has some hundred thousand files. */
#define ROOT_FILES_MAX (1u << 20)
#define ROOT_PATH_MAX 4096u
/* Bytes of all files together: real ones stay far below, and small images can claim any size. */
#define ROOT_CONTENT_MAX (16ull << 30)
/* Of all paths and targets of links together, which are kept. */
#define ROOT_NAMES_SIZE_MAX (256ull << 20)
/* Bytes of all directories together. */
#define ROOT_FOLDERS_SIZE_MAX (256ull << 20)

struct root_file {
	char *path; /* "usr/lib/os-release"; "" is the root */
	struct erofs_inode inode;
	char *target; /* of a symbolic link; NULL */
	struct digest sha256;
	bool has_digest;
	char *problem; /* why it is not read; NULL */
};

struct root_files {
	struct root_file *items;
	size_t n;
	size_t capacity;
};

void root_files_release(struct root_files *f);

/* Lists all files by path, in byte order. A directory that is met twice is an error. */
_must_check_ int root_files_read(const struct erofs *fs, struct root_files *ret,
				 struct error **err);

/* Hashes all regular files, in parallel. What cannot be read becomes the file's problem. */
_must_check_ int root_files_digest(const struct erofs *fs, struct root_files *f,
				   struct error **err);
