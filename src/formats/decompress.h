/*
 * Decompression of a whole xz, zstd or gzip stream in memory, through libarchive. What comes out does
 * not depend on the library's version, unlike compression, which is left to the build root.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* Appends the decompressed bytes to `ret`, at most its maximum. Bytes without a compression that is
 * known here are an error. */
_must_check_ int decompress(struct span compressed, struct buffer *ret, struct error **err);
