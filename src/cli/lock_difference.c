#include "cli/lock_difference.h"

static const struct lock_package *find(const struct lock_set *set, const struct lock_package *p)
{
	for (size_t i = 0; i < set->n; i++) {
		if (string_equal(set->items[i].name, p->name))
			return &set->items[i];
	}
	return NULL;
}

void lock_difference(const struct lock *before, const struct lock *after, struct buffer *b)
{
	static const char *const sets[] = {
		[LOCK_IMAGE] = "",
		[LOCK_DEBUG] = "  (debug)",
		[LOCK_BUILD_ROOT] = "  (build root)",
		[LOCK_FIRMWARE] = "  (firmware)",
	};

	for (size_t k = 0; k < LOCK_SETS_; k++) {
		const struct lock_set *old = &before->sets[k], *new = &after->sets[k];

		for (size_t i = 0; i < old->n; i++) {
			const struct lock_package *p = &old->items[i], *now = find(new, p);

			if (!now)
				buffer_printf(b, "  - %s %s%s\n", p->name, p->version, sets[k]);
			else if (!digest_equal(&now->sha256, &p->sha256))
				buffer_printf(b, "  %s %s -> %s%s\n", p->name, p->version,
					      now->version, sets[k]);
		}
		for (size_t i = 0; i < new->n; i++) {
			const struct lock_package *p = &new->items[i];

			if (!find(old, p))
				buffer_printf(b, "  + %s %s%s\n", p->name, p->version, sets[k]);
		}
	}
}
