/*
 * The files in an initrd: archives of cpio's "newc" format one after the other, zeros between them, the rest perhaps
 * compressed, as the kernel unpacks them (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
#pragma once

#include "base/span.h"

/* Bytes that are read of what an initrd unpacks to: several times what distributions put into one. */
#define INITRD_UNPACKED_MAX (1u << 30)

/*
 * Whether a file has one of `names`, which NULL ends, as the last part of its path. The search ends without a word at
 * what is damaged, longer than INITRD_UNPACKED_MAX, or compressed in another way than decompress_stream.h knows.
 */
bool initrd_has_file(struct span initrd, const char *const *names);
