/*
 * What may be in a root file system: merging of packages, what is left out, what is refused.
 */
#pragma once

#include "base/text.h"
#include "tree/tree.h"

/*
 * Adds a package's tree. A path that another package brought already is refused unless both entries
 * are the same or `duplicates` lists the path; then the later package wins.
 */
_must_check_ int policy_merge_package(struct tree *t, const struct tree *package,
				      const struct string_list *duplicates, struct error **err);

/*
 * Leaves out what matches a pattern of `remove` and none of `keep`. Patterns are shell patterns
 * (fnmatch, "*" also matches "/") on whole paths; a directory that matches goes with all below it,
 * except what is kept, whose parents stay. A pattern that matches nothing is an error: it is mistyped
 * or no longer needed. So is one that would take away what the recipe itself brings (`asked`): the
 * message names both.
 */
_must_check_ int policy_remove(struct tree *t, const struct string_list *remove,
			       const struct string_list *keep, struct error **err);

/* Refuses set-id bits on paths that `set_id` does not list, and files that everybody can write. */
_must_check_ int policy_check(const struct tree *t, const struct string_list *set_id,
			      struct error **err);
