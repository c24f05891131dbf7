/*
 * Sequential writing of a disk image in one pass: bytes are hashed on the way, and blocks of zeros
 * become holes, so an image takes only the space of what is in it.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "crypto/digest.h"

struct sparse_writer {
	int fd;		 /* of an empty file; borrowed */
	uint64_t offset; /* bytes that came */
	struct digest_stream *digest;
};

_must_check_ int sparse_writer_init(int fd, struct sparse_writer *ret, struct error **err);
void sparse_writer_release(struct sparse_writer *w);

_must_check_ int sparse_writer_put(struct sparse_writer *w, struct span s, struct error **err);
/* Zeros up to `offset`, which is not before the current one. */
_must_check_ int sparse_writer_skip_to(struct sparse_writer *w, uint64_t offset,
				       struct error **err);
/* A whole file of exactly `size` bytes. */
_must_check_ int sparse_writer_put_file(struct sparse_writer *w, const char *path, uint64_t size,
					struct error **err);
/* Gives the file its length. */
_must_check_ int sparse_writer_end(struct sparse_writer *w, struct error **err);
