/*
 * From a lock to the artefacts of an image. pipeline.c holds the one table that knows the order.
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "packages/recipe_folders.h"

struct build_options {
	const char *source; /* project folder: guest/, src/ */
	struct recipe_folders recipes;
	const char *image;		   /* name of a recipe in them */
	const char *lock;		   /* path of the lock; NULL: the recipe's */
	const char *artifacts;		   /* folder of artefacts */
	const char *store;		   /* NULL: the user's (packages/store.h) */
	const struct string_list *mirrors; /* of --mirror; may be empty */
	const struct string_list *given;   /* of --component; may be NULL */
	bool offline;			   /* no network: what the store lacks is an error */
	bool debug;
	struct progress *progress; /* may be NULL */
	struct progress *notes;	   /* where damage of the store is said; may be NULL */
};

struct build_result {
	char *directory;	  /* artifacts/devnet */
	char *lock;		  /* path of the lock */
	int64_t lock_date;	  /* lock_date() of it */
	bool current;		  /* nothing had changed: nothing was made */
	bool unsigned_now;	  /* what it replaced was signed; this is not */
	struct digest raw_sha256; /* of the disk image */
	uint64_t raw_size, vhd_size, uki_size;
};

void build_result_release(struct build_result *r);

/*
 * Builds an image: artifacts/IMAGE[-debug]/ with IMAGE.raw, IMAGE.vhd, IMAGE.efi, measurements.json,
 * manifest.json and firmware/. The folder is replaced as a whole, or not at all.
 */
_must_check_ int build_image(const struct build_options *options, struct build_result *ret,
			     struct error **err);
