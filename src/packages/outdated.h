/*
 * Which packages of a lock are behind the archive's lists.
 */
#pragma once

#include "packages/archive.h"
#include "packages/lock.h"
#include "packages/recipe.h"

/* What a list has of a package; all empty if no list has it. */
struct candidate {
	char *name; /* of a kernel it changes with the version */
	char *version;
	const char *suite;   /* of the lists */
	const char *archive; /* likewise */
	char *path;
	uint64_t size;
	struct digest sha256;
};

struct outdated_item {
	enum lock_set_kind set;
	const struct lock_package *package;
	struct candidate newest;   /* newer than the locked one, of any suite */
	struct candidate security; /* newer than the locked one, of the security suite */
	bool gone;		   /* no list has the locked version any more */
};

/* In the order of the lock, each package of each set; those that are up to date have no candidate. */
struct outdated {
	struct outdated_item *items;
	size_t n;
};

void outdated_release(struct outdated *o);

/* The lists and the lock outlive the result. */
_must_check_ int outdated_find(const struct lock *lock, const struct recipe *recipe,
			       const struct archive_lists *lists, struct outdated *ret,
			       struct error **err);
