/*
 * Decompression of a whole xz, zstd or gzip stream in memory, through libarchive. What comes out does
 * not depend on the library's version, unlike compression, which is left to the build root. And of LZ4
 * blocks, which are no stream.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* Appends the decompressed bytes to `ret`, at most its maximum. Bytes without a compression that is
 * known here are an error. */
_must_check_ int decompress(struct span compressed, struct buffer *ret, struct error **err);

/* Fills `out` with the first `size` bytes of an LZ4 block, as file systems hold them; false if the
 * block is damaged or holds fewer. */
_must_check_ bool decompress_lz4(struct span block, uint8_t *out, size_t size);
