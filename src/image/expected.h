/*
 * A finished build held against what somebody published.
 */
#pragma once

#include "formats/published.h"
#include "packages/lock.h"

enum expected_state {
	EXPECTED_EQUAL,
	EXPECTED_OTHER,
	EXPECTED_ABSENT,
};

struct expected_item {
	char *name; /* "devnet.raw" */
	enum expected_state state;
	struct digest found; /* unless it is absent */
};

/* The artefacts in the order of the document, and the document itself, by its bytes, as the last one. */
struct expected {
	struct expected_item *items;
	size_t n;
	bool equal; /* all of it */
};

void expected_release(struct expected *e);

/* Reads a published document; errors start with its path. `text` may be NULL. */
_must_check_ int expected_read(const char *path, struct published *ret, struct buffer *text,
			       struct error **err);

/* Hashes what the folder of artefacts holds. `text` is the document that `p` was read from. */
_must_check_ int expected_compare(const struct published *p, struct span text,
				  const char *directory, struct expected *ret, struct error **err);

/* -ERROR_REFUSED that names the first artefact that is another, or absent. */
_must_check_ int expected_require(const struct published *p, const struct expected *e,
				  const char *directory, const char *path, struct error **err);

/*
 * Whether a lock is the one that the image was built from: by the digest of its bytes where the manifest has it, and
 * by its packages. -ERROR_REFUSED that says which package is another. A measurements.json says nothing of it.
 */
_must_check_ int expected_check_lock(const struct published *p, const struct lock *lock,
				     const struct digest *lock_sha256, struct error **err);
