#include "packages/component.h"

#include <errno.h>

#include "base/parallel.h"
#include "packages/unpack.h"

/* What the Install= line takes from an archive that was unpacked. */
static const struct tree_entry *source_of(const struct tree *archive,
					  const struct component_file *f)
{
	return tree_find(archive, string_equal(f->from, ".") ? UNPACK_PLAIN : f->from);
}

static int check_file(const struct tree *archive, const struct component_file *f,
		      struct error **err)
{
	const struct tree_entry *e = source_of(archive, f);
	bool plain = tree_count(archive) == 1 && tree_find(archive, UNPACK_PLAIN);

	if (e && e->type == TREE_FILE)
		return 0;
	if (e && e->type == TREE_SYMLINK)
		return error_set(err, -ENOENT, "'%s' is a symbolic link to '%s': install that",
				 f->from, e->target);
	if (e)
		return error_set(err, -EISDIR,
				 "'%s' is a folder: name the files in it, or all by '%s/'", f->from,
				 f->from);
	if (plain)
		return error_set(err, -ENOENT,
				 "no file '%s': this is one plain file, no tar or zip archive: "
				 "Install=. %s %04o",
				 f->from, f->to, f->mode);
	return error_set(err, -ENOENT, "no file '%s' in its archive", f->from);
}

static int add_entry(struct tree *t, const struct tree_entry *from, const char *to,
		     const struct component *c, uint16_t mode, struct error **err)
{
	struct tree_entry e = *from;

	e.path = to;
	e.mode = mode;
	e.uid = e.gid = 0;
	e.origin = c->name;
	e.asked = e.type != TREE_DIRECTORY;
	return tree_add(t, &e, TREE_REFUSE, err);
}

/* All below a folder, which an archive need not have as an entry of its own. Not links: what they lead to lies
 * elsewhere in the root. */
static int add_folder(struct tree *t, const struct tree *archive, const struct component *c,
		      const struct component_file *f, struct error **err)
{
	size_t n = strlen(f->from), found = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < tree_count(archive); i++) {
		const struct tree_entry *e = tree_at(archive, i);
		bool file = e->type == TREE_FILE;
		_cleanup_free_ char *to = NULL;

		if (!string_starts(e->path, f->from) || e->path[n] != '/' ||
		    e->type == TREE_SYMLINK)
			continue;
		found += file;
		to = path_join(f->to, e->path + n + 1);
		r = to ? add_entry(t, e, to, c, file ? f->mode : 0755, err) : error_oom(err);
	}
	if (r >= 0 && found == 0)
		return error_set(err, -ENOENT, "no folder '%s' with files in its archive", f->from);
	return r;
}

static int add_file(struct tree *t, const struct tree *archive, const struct component *c,
		    const struct component_file *f, struct error **err)
{
	int r;

	if (f->folder)
		return add_folder(t, archive, c, f, err);
	r = check_file(archive, f, err);
	return r < 0 ? r : add_entry(t, source_of(archive, f), f->to, c, f->mode, err);
}

static int add_archive(const struct store *s, const struct component *c,
		       const struct digest *sha256, struct tree *t, struct error **err)
{
	_cleanup_(tree_freep) struct tree *archive = NULL;
	int r = unpack_archive(s, sha256, c->name, &archive, err);

	for (size_t i = 0; r >= 0 && i < c->n_files; i++)
		r = add_file(t, archive, c, &c->files[i], err);
	return r;
}

struct npm_trees {
	const struct store *store;
	const struct component *component;
	const struct lock_component *locked;
	struct tree **items; /* by package */
};

static int unpack_npm_package(void *context, size_t index, struct error **err)
{
	struct npm_trees *n = context;
	const struct lock_npm_package *p = &n->locked->packages[index];
	int r = unpack_archive(n->store, &p->sha256, n->component->name, &n->items[index], err);

	return r < 0 ? error_wrap(err, r, "package '%s' %s", p->location, p->version) : 0;
}

/* The entry of a tarball at its place below the package's folder. */
static int add_npm_entry(struct tree *t, const struct lock_npm_package *p,
			 const struct tree_entry *from, const char *folder, struct error **err)
{
	const char *below = strchr(from->path, '/');
	_cleanup_free_ char *path = below ? path_join(folder, below + 1) : NULL;
	struct tree_entry e = *from;

	if (!below || from->type == TREE_SYMLINK)
		return 0;
	if (!path)
		return error_oom(err);
	e.path = path;
	e.mode = from->type == TREE_DIRECTORY || (from->mode & 0111) ? 0755 : 0644;
	e.uid = e.gid = 0;
	e.origin = p->location;
	return tree_add(t, &e, TREE_REFUSE, err);
}

static int add_npm_package(struct npm_trees *n, size_t index, struct tree *t, struct error **err)
{
	const struct lock_npm_package *p = &n->locked->packages[index];
	const struct tree *archive = n->items[index];
	_cleanup_free_ char *folder = path_join(n->component->directory, p->location);
	int r = folder ? 0 : error_oom(err);

	for (size_t i = 0; r >= 0 && i < tree_count(archive); i++)
		r = add_npm_entry(t, p, tree_at(archive, i), folder, err);
	return r < 0 ? error_wrap(err, r, "package '%s' %s", p->location, p->version) : 0;
}

static int add_npm_tree(const struct store *s, const struct component *c,
			const struct lock_component *locked, struct tree *t, struct error **err)
{
	struct npm_trees n = {s, c, locked, calloc(locked->n_packages + 1, sizeof *n.items)};
	int r = n.items ? parallel_for(locked->n_packages, 0, unpack_npm_package, &n, err)
			: error_oom(err);

	for (size_t i = 0; r >= 0 && i < locked->n_packages; i++)
		r = add_npm_package(&n, i, t, err);
	for (size_t i = 0; n.items && i < locked->n_packages; i++)
		tree_free(n.items[i]);
	free(n.items);
	return r;
}

int component_tree(const struct store *s, const struct component *c,
		   const struct lock_component *locked, struct tree **ret, struct error **err)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	int r = !t		     ? error_oom(err)
		: locked->n_packages ? add_npm_tree(s, c, locked, t, err)
				     : add_archive(s, c, &locked->sha256, t, err);

	if (r < 0)
		return r;
	*ret = TAKE_PTR(t);
	return 0;
}
