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
	struct tree *removed; /* directories that go, with all below them; origin: the pattern */
	int result;
	struct error **err;
};

/* The pattern that takes away the folder that holds `path`, NULL if the folder stays. */
static const char *parent_pattern(const struct removal *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = slash ? strndup(path, (size_t)(slash - path)) : NULL;
	const struct tree_entry *e = parent ? tree_find(r->removed, parent) : NULL;

	return e ? e->origin : NULL;
}

static int note_folder(struct removal *r, const struct tree_entry *e, const char *pattern)
{
	struct tree_entry folder = *e;

	folder.origin = pattern;
	return tree_add(r->removed, &folder, TREE_REFUSE, r->err);
}

/* Entries come in path order, so a directory before what lies below it. */
static bool drop(const struct tree_entry *e, void *context)
{
	struct removal *r = context;
	ssize_t index = match(r->remove, e->path);
	const char *pattern = index >= 0 ? r->remove->items[index] : parent_pattern(r, e->path);

	if (index >= 0)
		r->used[index] = true;
	if (r->result < 0 || !pattern)
		return false;
	/* A kept directory does not keep what is in it. */
	if (e->type == TREE_DIRECTORY)
		r->result = note_folder(r, e, pattern);
	if (match(r->keep, e->path) >= 0)
		return false;
	/* A folder comes back with what stays in it. */
	if (e->asked && e->type != TREE_DIRECTORY && r->result >= 0)
		r->result =
			error_set(r->err, -ERROR_REFUSED,
				  "Remove=%s takes away '%s', which '%s' brings: make the pattern "
				  "narrower or say Keep=%s",
				  pattern, e->path, e->origin, e->path);
	return true;
}

int policy_remove(struct tree *t, const struct string_list *remove, const struct string_list *keep,
		  struct error **err)
{
	_cleanup_free_ bool *used = calloc(remove->n + 1, sizeof *used);
	_cleanup_(tree_freep) struct tree *removed = tree_new();
	struct removal r = {
		.remove = remove,
		.keep = keep,
		.used = used,
		.removed = removed,
		.err = err,
	};

	if (!used || !removed)
		return error_oom(err);
	tree_filter(t, drop, &r);
	if (r.result < 0)
		return r.result;
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
			return error_set(
				err, -ERROR_REFUSED,
				"'%s' of '%s' has set-id bits (%04o) that no SetId= declares",
				e->path, e->origin, e->mode);
		if ((e->mode & 0002) && !(e->mode & 01000))
			return error_set(err, -ERROR_REFUSED,
					 "'%s' of '%s' can be written by everybody (%04o)", e->path,
					 e->origin, e->mode);
	}
	return 0;
}
