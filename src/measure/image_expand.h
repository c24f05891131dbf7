/*
 * Disks out of containers that do not hold them in one piece, into an open, empty file. Zeros become
 * holes. Each in bounded memory.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* The virtual disk of a qcow2 image. */
_must_check_ int image_expand_qcow2(struct span file, int fd, struct error **err);

/* True if the bytes begin like a tar archive, or like what may be a compressed one. */
bool image_expand_recognises_tar(struct span file);

/*
 * disk.raw of a tar archive, plain or compressed with gzip, zstd or xz. It must be the archive's
 * only member. Its sparse parts stay holes.
 */
_must_check_ int image_expand_tar(struct span file, int fd, struct error **err);
