/*
 * Disks out of containers that do not hold them in one piece, into an open, empty file. Zeros become
 * holes. Each in bounded memory, and with a step of `progress`, which may be NULL.
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"
#include "base/span.h"

/* The virtual disk of a qcow2 image. */
_must_check_ int image_expand_qcow2(struct span file, int fd, struct progress *progress,
				    struct error **err);

/* Enough to tell a tar archive and a disk, whose table's header may lie in its second 4096 bytes. */
#define IMAGE_EXPAND_PEEK 8192u

/* The beginning of what is in the file: decompressed if it is compressed, else the file's own. *ret_tar: that of a
 * tar archive. */
_must_check_ int image_expand_peek(struct span file, uint8_t start[IMAGE_EXPAND_PEEK],
				   size_t *ret_n, bool *ret_tar, struct error **err);

/* A disk that is compressed with gzip, xz, zstd or bzip2. */
_must_check_ int image_expand_compressed(struct span file, int fd, struct progress *progress,
					 struct error **err);

/*
 * disk.raw of a tar archive, plain or compressed in the same ways. It must be the archive's only
 * member. Its sparse parts stay holes.
 */
_must_check_ int image_expand_tar(struct span file, int fd, struct progress *progress,
				  struct error **err);
