/*
 * Pieces as a file: blocks of zeros become holes, so an image takes only the space of what is in it. It is read
 * once: some processors write while one hashes, and it goes to the disk as it is written.
 */
#pragma once

#include "crypto/digest.h"
#include "image/pieces.h"

/* Writes `output`, whole or not at all. *ret_digest is SHA-256 after the last byte. */
_must_check_ int sparse_write(const struct pieces *p, const char *output,
			      struct digest_stream **ret_digest, struct error **err);

/* Asks for a range of a file that was just written to go to the disk; does not wait. */
void sparse_write_back(int fd, uint64_t offset, uint64_t n);
