/*
 * The packages of a lock's set, unpacked: one tree each, in the lock's order.
 */
#pragma once

#include "base/progress.h"
#include "packages/lock.h"
#include "packages/unpack.h"

struct package_tree {
	const struct lock_package *package; /* of the lock, which outlives this */
	struct unpacked unpacked;
};

struct package_trees {
	struct package_tree *items;
	size_t n;
};

void package_trees_release(struct package_trees *t);

/* Unpacks in parallel; `what` names the work in the progress line. */
_must_check_ int package_trees_unpack(const struct store *s, const struct lock_set *packages,
				      const char *what, struct progress *progress,
				      struct package_trees *ret, struct error **err);

/* Digest over `salt` and the digests of a set's packages. */
_must_check_ int lock_set_digest(const struct lock_set *packages, struct span salt,
				 struct digest *ret, struct error **err);
