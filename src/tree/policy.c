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
	bool *used;	/* by pattern of `remove` */
	char removed[4096]; /* the removed directory that the walk is in, "" outside */
};

static bool is_inside(const char *directory, const char *path)
{
	size_t n = strlen(directory);

	return n && strncmp(path, directory, n) == 0 && path[n] == '/';
}

/* Entries come in path order, a directory before what lies below it. */
static bool drop(const struct tree_entry *e, void *context)
{
	struct removal *r = context;
	ssize_t pattern = match(r->remove, e->path);

	if (pattern >= 0)
		r->used[pattern] = true;
	if (match(r->keep, e->path) >= 0)
		return false;
	if (is_inside(r->removed, e->path))
		return true;
	if (pattern < 0)
		return false;
	if (e->type == TREE_DIRECTORY)
		snprintf(r->removed, sizeof r->removed, "%s", e->path);
	return true;
}

int policy_remove(struct tree *t, const struct string_list *remove, const struct string_list *keep,
		  struct error **err)
{
	_cleanup_free_ bool *used = calloc(remove->n + 1, sizeof *used);
	_cleanup_free_ struct removal *r = calloc(1, sizeof *r);

	if (!used || !r)
		return error_oom(err);
	r->remove = remove;
	r->keep = keep;
	r->used = used;
	tree_filter(t, drop, r);
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
