/*
 * The store as a whole: what of it is damaged, and what nobody needs any more.
 */
#pragma once

#include "base/text.h"
#include "packages/store.h"

enum store_kind {
	STORE_KIND_BLOB,
	STORE_KIND_UNPACKED,
	STORE_KIND_ROOT,
	STORE_KIND_STEP,
	STORE_KIND_PARTIAL, /* downloads that were cut short, folders that were not finished */
	STORE_KINDS_,
};

/* "downloads", "unpacked packages", "build roots", "steps", "leftovers". */
const char *store_kind_name(enum store_kind kind);

struct store_amount {
	size_t n;
	uint64_t bytes; /* of regular files */
};

struct store_verification {
	struct store_amount amounts[STORE_KINDS_];
	struct string_list
		damaged; /* "unpacked/KEY: 'data'"; "blobs/HEX: its SHA-256 is not its name" */
};

void store_verification_release(struct store_verification *v);

/* Hashes everything and changes nothing. */
_must_check_ int store_verify(const struct store *s, struct progress *progress,
			      struct store_verification *ret, struct error **err);

struct store_gc_options {
	struct string_list keep; /* "blobs/HEX", "unpacked/KEY", "roots/KEY" */
	int64_t steps_before;	 /* steps that were last used before go; seconds since 1970 */
	bool dry_run;		 /* only count */
};

/* Removes the rest, with leftovers. -EBUSY if somebody else uses the store. *ret is what was removed. */
_must_check_ int store_gc(const struct store *s, const struct store_gc_options *options,
			  struct store_amount ret[STORE_KINDS_], struct error **err);
