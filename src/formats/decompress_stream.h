/*
 * Decompression of a whole file piece by piece: gzip by formats/gzip.h, which holds it against its checksums;
 * xz, zstd and bzip2 by libarchive.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

struct decompress_stream;

/* "gzip", "xz", "zstd" or "bzip2" if the file begins like one of them; else NULL. */
const char *decompress_stream_recognise(struct span file);

/* Begins; `file`, which was recognised, is borrowed. */
_must_check_ int decompress_stream_new(struct span file, struct decompress_stream **ret,
				       struct error **err);
void decompress_stream_free(struct decompress_stream *s);
DEFINE_FREEP(struct decompress_stream *, decompress_stream_free)

/* How much of the compressed file is read. */
uint64_t decompress_stream_position(const struct decompress_stream *s);

/* Decompresses n bytes to p; *ret is less than n only at the end. */
_must_check_ int decompress_stream_read(struct decompress_stream *s, uint8_t *p, size_t n,
					size_t *ret, struct error **err);
