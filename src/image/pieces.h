/*
 * A file that is never written: bytes in memory and ranges of other files, put together when they are read.
 * What no piece covers is zero.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

struct piece {
	uint64_t offset, size;
	const uint8_t *bytes; /* borrowed; NULL: of a file */
	int file;
	uint64_t at; /* in that file */
};

struct pieces {
	uint64_t size;
	struct piece *items; /* by offset, once pieces_sort() was called */
	size_t n, capacity;
	int *files; /* that it opened itself */
	size_t n_files, files_capacity;
};

void pieces_release(struct pieces *p);

/* Opens a file for pieces_add_file(); it may be removed afterwards. */
_must_check_ int pieces_open(struct pieces *p, const char *path, int *ret_file, struct error **err);
_must_check_ int pieces_add_bytes(struct pieces *p, uint64_t offset, struct span bytes,
				  struct error **err);
_must_check_ int pieces_add_file(struct pieces *p, uint64_t offset, uint64_t size, int file,
				 uint64_t at, struct error **err);
/* All of `from`, which stays what its pieces are read from. */
_must_check_ int pieces_add_pieces(struct pieces *p, uint64_t offset, const struct pieces *from,
				   struct error **err);
/* Before the first pieces_read(). Pieces that overlap or end after `size` are -EINVAL. */
_must_check_ int pieces_sort(struct pieces *p, struct error **err);

/* Reads n bytes, which lie inside. From several threads at once, if need be. */
_must_check_ int pieces_read(const struct pieces *p, uint64_t offset, uint8_t *ret, size_t n,
			     struct error **err);
