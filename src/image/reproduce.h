/*
 * Somebody else's image, built again: from the lock, with nothing of an earlier build, and held against what was
 * published.
 */
#pragma once

#include "base/progress.h"
#include "image/expected.h"
#include "packages/recipe_folders.h"

struct reproduce_options {
	const char *published; /* path of a manifest.json or measurements.json */
	const char *lock;      /* NULL: image.lock of the recipe */
	struct recipe_folders recipes;
	const char *source;
	const char *output; /* folder below which IMAGE[-debug]/ is made; it must not exist yet */
	/* The user's store, of which downloads alone are taken, each verified; NULL: the usual one. */
	const char *store;
	const struct string_list *mirrors;
	const struct string_list *given; /* of --component */
	bool offline;
	struct progress *progress, *notes;
};

struct reproduction {
	struct published published;
	struct digest published_sha256; /* of the document */
	struct digest lock_sha256;
	struct expected compared;
	char *directory; /* output/devnet */
};

void reproduction_release(struct reproduction *r);

/*
 * Builds and compares; that something differs is no error here. Refused (-ERROR_REFUSED) before anything is built:
 * a lock that is not the image's (expected_check_lock()). A signed image gets its policy, if IMAGE.policy lies beside
 * the document.
 */
_must_check_ int reproduce(const struct reproduce_options *o, struct reproduction *ret,
			   struct error **err);

/*
 * A statement about it: in-toto Statement v1 with SLSA provenance v1. Subjects are the artefacts as built here; whether
 * they are the published ones is in `tdnode_reproduction`. No time is in it: the same outcome gives the same bytes.
 * `builder` is a URI, `version` that of tdnode.
 */
_must_check_ int reproduction_statement(const struct reproduction *r, const char *builder,
					const char *version, struct buffer *ret,
					struct error **err);

#define STATEMENT_PAYLOAD_TYPE "application/vnd.in-toto+json"
