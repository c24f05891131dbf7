/*
 * What a lock puts into an image, as the list of packages (formats/package_list.h).
 */
#pragma once

#include "formats/package_list.h"
#include "packages/licence.h"
#include "packages/lock.h"

struct lock_list {
	struct package_list list; /* its strings are the lock's and those of `strings` */
	struct string_list strings;
};

void lock_list_release(struct lock_list *l);

/*
 * The packages of `sets`, in their order, and the components with what they are made of if `components`.
 * licences[i] is that of the i-th package as its own copyright file has it, NULL for unknown; those that share the
 * documentation of another get its licence. The lock outlives the list, and so do the licences.
 */
_must_check_ int lock_list_make(const struct lock *lock, const struct lock_set *const *sets,
				size_t n_sets, const struct licence *const *licences,
				bool components, struct lock_list *ret, struct error **err);
