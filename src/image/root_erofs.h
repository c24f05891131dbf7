/*
 * A tree as a read-only EROFS image, made by mkfs.erofs: the contents that image/root_contents.h keeps, over which
 * image/root_image.h lays out the root file system.
 *
 * The tree goes as a tar stream, with owners, modes and times as they shall be, through a pipe to
 * mkfs.erofs; so no file of the tree is ever made on the host and no privilege is needed. The bytes
 * depend on the tree, the UUID and the version of mkfs.erofs; they do not depend on the number of
 * its worker threads (each inode is compressed by itself, and inodes are ordered by path), time
 * zone, user, umask, or whether the input is a pipe.
 */
#pragma once

#include "base/error.h"
#include "tree/tree.h"

#define ROOT_EROFS_NAME "root.erofs"
/* In the build root. */
#define ROOT_EROFS_TOOL "usr/bin/mkfs.erofs"

/*
 * How a locked tool is run. `run` executes argv[0], found in the PATH of the build root, with
 * stdin_fd as standard input and output_dir writable as its working directory: outputs in argv are
 * names in it. Returns after the program has ended; its failing is an error with its last lines.
 */
struct image_tool_runner {
	int (*run)(void *context, const char *const *argv, int stdin_fd, const char *output_dir,
		   struct error **err);
	void *context;
};

/* Makes output_dir/root.erofs. The UUID is in the order of its text form (formats/derived_uuid.h); a
 * fixed one for each image lets the same tree have the same bytes. */
_must_check_ int root_erofs_make(const struct tree *t, const uint8_t uuid[16],
				 const struct image_tool_runner *runner, const char *output_dir,
				 struct error **err);

/* Writes the tree as a tar stream: the root directory (0755, root) and all entries in order. Of a file with
 * several names the first is the file and the others are hard links to it. */
_must_check_ int root_erofs_write_tar(const struct tree *t, int fd, struct error **err);
