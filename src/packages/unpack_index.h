/*
 * The index of an unpacked package: what lies in the store beside its contents. Little-endian:
 *
 *	magic "tdnode-index-3\n\0"
 *	u32 entries; for each: u8 type, u16 mode, u32 uid, u32 gid, u64 size, u64 offset,
 *	    u32 link (0, or the number of a file with several names), u16 length and bytes of the path, u16 length and bytes of the link's target
 *	u32 scripts; for each: u16 length and bytes
 *	three times u16 length and bytes: the licence, as declared, as concluded, and whose documentation has it
 *
 * Entries are in path order. Written and read by this program only, yet parsed as strictly as bytes from
 * outside: a store may lie on a disk that lies.
 */
#pragma once

#include "packages/unpack.h"

/* 200000 entries with paths of 300 bytes. */
#define UNPACK_INDEX_MAX (64u << 20)

_must_check_ int unpack_index_encode(const struct unpacked *u, struct buffer *ret,
				     struct error **err);

/* `data_file` holds the contents, `data_size` bytes; entries get `origin`. */
_must_check_ int unpack_index_parse(struct span index, const char *data_file, uint64_t data_size,
				    const char *origin, struct unpacked *ret, struct error **err);
