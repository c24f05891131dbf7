/*
 * The superblock of a dm-verity hash device, as veritysetup writes it (cryptsetup, docs "verity on-disk
 * format"): a file of its own, because the initrd needs this and no digests.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

#define VERITY_BLOCK_SIZE 4096u
#define VERITY_DIGEST_SIZE 32u
#define VERITY_SALT_MAX 256u
/* Keeps the sizes of data and tree within a file offset. */
#define VERITY_DATA_BLOCKS_MAX (1ull << 48)

struct verity_parameters {
	uint64_t data_blocks; /* at least 1 */
	uint8_t uuid[16];     /* in the order of its text form, as veritysetup stores it */
	uint8_t salt[VERITY_SALT_MAX];
	size_t salt_size;
};

/* The first block of the hash device. */
void verity_encode_superblock(const struct verity_parameters *p, uint8_t ret[VERITY_BLOCK_SIZE]);

/* Parses the superblock at the start of `hash_device`. Only what we write is understood: format 1,
 * SHA-256, blocks of 4096. */
_must_check_ int verity_parse_superblock(struct span hash_device, struct verity_parameters *ret,
					 struct error **err);
