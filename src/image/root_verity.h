/*
 * root.verity: the dm-verity hash device of root.erofs (formats/verity.h). Its root hash, on the
 * measured command line, stands for every byte of the root file system.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "formats/verity.h"
#include "image/pieces.h"

#define ROOT_HASH_HEX_SIZE (2 * VERITY_DIGEST_SIZE + 1)

struct root_verity {
	uint8_t root_hash[VERITY_DIGEST_SIZE];
	char root_hash_hex[ROOT_HASH_HEX_SIZE];
	uint64_t data_size;  /* bytes of root.erofs */
	struct buffer bytes; /* root.verity */
};

/* Makes the hash device of `root`, whose size is a multiple of 4096. `uuid` as for root.erofs; the salt is derived
 * from it. */
_must_check_ int root_verity_make(const struct pieces *root, const uint8_t uuid[16],
				  struct root_verity *ret, struct error **err);
void root_verity_release(struct root_verity *v);
