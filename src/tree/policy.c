#include "tree/policy.h"

#include <errno.h>
#include <fnmatch.h>
#include <sys/types.h>

int policy_merge_package(struct tree *t, const struct tree *package,
			 const struct string_list *duplicates, struct error **err)
{
	for (size_t i = 0; i < tree_count(package); i++) {
		const struct tree_entry *e = tree_at(package, i);
		bool declared = string_list_has(duplicates, e->path);
		int r = tree_add(t, e, declared ? TREE_REPLACE : TREE_REFUSE, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The index of the first pattern that matches, -1 if none does. */
static ssize_t match(const struct string_list *patterns, const char *path)
{
	for (size_t i = 0; i < patterns->n; i++) {
		if (fnmatch(patterns->items[i], path, 0) == 0)
			return (ssize_t)i;
	}
	return -1;
}

struct removal {
	const struct string_list *remove;
	const struct string_list *keep;
	bool *used;	      /* by pattern of `remove` */
	struct tree *removed; /* directories that go, with all below them */
	int result;
};

static bool parent_is_removed(const struct removal *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = slash ? strndup(path, (size_t)(slash - path)) : NULL;

	return parent && tree_find(r->removed, parent);
}

/* Entries come in path order, so a directory before what lies below it. */
static bool drop(const struct tree_entry *e, void *context)
{
	struct removal *r = context;
	ssize_t pattern = match(r->remove, e->path);

	if (pattern >= 0)
		r->used[pattern] = true;
	if (pattern < 0 && !parent_is_removed(r, e->path))
		return false;
	/* A kept directory does not keep what is in it. */
	if (e->type == TREE_DIRECTORY && tree_add(r->removed, e, TREE_REFUSE, NULL) < 0)
		r->result = -ENOMEM;
	return match(r->keep, e->path) < 0;
}

int policy_remove(struct tree *t, const struct string_list *remove, const struct string_list *keep,
		  struct error **err)
{
	_cleanup_free_ bool *used = calloc(remove->n + 1, sizeof *used);
	_cleanup_(tree_freep) struct tree *removed = tree_new();
	struct removal r = {.remove = remove, .keep = keep, .used = used, .removed = removed};

	if (!used || !removed)
		return error_oom(err);
	tree_filter(t, drop, &r);
	if (r.result < 0)
		return error_oom(err);
	for (size_t i = 0; i < remove->n; i++) {
		if (!used[i])
			return error_set(err, -ENOENT, "Remove=%s matches nothing",
					 remove->items[i]);
	}
	return tree_add_parents(t, err);
}

int policy_check(const struct tree *t, const struct string_list *set_id, struct error **err)
{
	for (size_t i = 0; i < tree_count(t); i++) {
		const struct tree_entry *e = tree_at(t, i);

		if (e->type == TREE_SYMLINK)
			continue;
		/* On a directory the bit only hands down the group. */
		if (e->type == TREE_FILE && (e->mode & 06000) && !string_list_has(set_id, e->path))
			return error_set(err, -ERROR_REFUSED,
					 "'%s' of '%s' has set-id bits (%04o) that no SetId= declares",
					 e->path, e->origin, e->mode);
		if ((e->mode & 0002) && !(e->mode & 01000))
			return error_set(err, -ERROR_REFUSED,
					 "'%s' of '%s' can be written by everybody (%04o)", e->path,
					 e->origin, e->mode);
	}
	return 0;
}
