/*
 * Decompression of gzip files piece by piece: RFC 1952, with any number of members. Unlike
 * libarchive's, it holds the bytes against the checksum and the size that follow each member.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

struct gzip;

/* Begins; `file` is borrowed. NULL when out of memory. */
struct gzip *gzip_new(struct span file);
void gzip_free(struct gzip *g);
DEFINE_FREEP(struct gzip *, gzip_free)

/* How much of the file is read. */
uint64_t gzip_position(const struct gzip *g);

/*
 * Decompresses up to n bytes to p; *ret is 0 at the end. Zeros may follow the last member, nothing
 * else.
 */
_must_check_ int gzip_read(struct gzip *g, uint8_t *p, size_t n, size_t *ret, struct error **err);
