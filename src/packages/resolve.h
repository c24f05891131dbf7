/*
 * Choosing versions: the packages that a recipe asks for and all that they depend on, by libsolv.
 * Recommends are not followed; the highest version of all suites wins. Same lists, same result.
 */
#pragma once

#include "packages/archive.h"
#include "packages/lock.h"
#include "packages/recipe.h"

/* A package list: the text of a Packages file and the archive that carries it. */
struct resolve_list {
	const char *archive;
	struct span text;
};

struct resolver;

_must_check_ int resolver_new(const char *architecture, struct resolver **ret, struct error **err);
void resolver_free(struct resolver *r);
DEFINE_FREEP(struct resolver *, resolver_free)

/* Adds the packages of a list. The text is not needed afterwards. */
_must_check_ int resolver_add_list(struct resolver *r, const struct resolve_list *list,
				   struct error **err);

/* Dependencies on these names count as met, from now on. Call after all lists were added. */
void resolver_set_without(struct resolver *r, const struct string_list *names);

/*
 * Adds `install` and what it depends on to *ret. `together_with` (may be NULL) are packages that must
 * stay as they are; they are not added. Unresolvable: an error with the missing or conflicting package
 * and who wants it.
 */
_must_check_ int resolver_solve(struct resolver *r, const struct string_list *install,
				const struct lock_set *together_with, struct lock_set *ret,
				struct error **err);

/* Adds the highest version of one package, without its dependencies. */
_must_check_ int resolver_pick(struct resolver *r, const char *name, struct lock_set *ret,
			       struct error **err);

/* As resolver_pick() for the kernel: a meta package is followed to the "linux-image-" package that it
 * depends on. */
_must_check_ int resolver_pick_kernel(struct resolver *r, const char *name, struct lock_set *ret,
				      struct error **err);

/* Compares versions by Debian's rule (deb-version(7)): negative, 0 or positive. */
int resolver_compare_versions(struct resolver *r, const char *a, const char *b);
