/*
 * The bootable disk as a raw image: GPT with three partitions, each aligned to 1 MiB.
 *
 *	1  EFI system partition, sized to fit the UKI
 *	2  root: root.erofs, read-only
 *	3  root verity: root.verity, read-only
 *
 * Types and unique GUIDs of 2 and 3 are those of the Discoverable Partitions Specification for
 * x86-64: the GUID of root is the first half of the root hash, that of its verity partition the last
 * half, so the measured root hash alone says which partitions to use. All other identifiers derive
 * from the content (formats/derived_uuid.h). The size is a multiple of 1 MiB; zeros are holes.
 */
#pragma once

#include "base/error.h"
#include "crypto/digest.h"
#include "formats/verity.h"
#include "image/pieces.h"

#define DISK_ALIGNMENT (1u << 20)

struct disk_raw_parts {
	const char *uki; /* path of a file */
	const struct pieces *root;
	struct span verity;
	uint8_t root_hash[VERITY_DIGEST_SIZE];
};

struct disk_raw {
	uint64_t size;
	struct digest sha256;
	/* The UKI as it was read; not of disk_raw_write_pieces(). */
	uint64_t uki_size;
	struct digest uki_sha256;
	/* SHA-256 after the last byte: a VHD is these bytes and a footer. */
	struct digest_stream *stream;
};

/* Writes the image to `output`, whole or not at all.
 * Both partitions are whole sectors. */
_must_check_ int disk_raw_write(const struct disk_raw_parts *parts, const char *output,
				struct disk_raw *ret, struct error **err);
/* The same for a disk that is already put together. */
_must_check_ int disk_raw_write_pieces(const struct pieces *disk, const char *output,
				       struct disk_raw *ret, struct error **err);
void disk_raw_release(struct disk_raw *d);
