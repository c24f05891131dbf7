#include "packages/component.h"

#include <errno.h>

#include "packages/unpack.h"

const struct tree_entry *component_source(const struct tree *archive,
					  const struct component_file *f)
{
	return tree_find(archive, string_equal(f->from, ".") ? UNPACK_PLAIN : f->from);
}

static int check_file(const struct tree *archive, const struct component_file *f,
		      struct error **err)
{
	const struct tree_entry *e = component_source(archive, f);
	bool plain = tree_count(archive) == 1 && tree_find(archive, UNPACK_PLAIN);

	if (e && e->type == TREE_FILE)
		return 0;
	if (e && e->type == TREE_SYMLINK)
		return error_set(err, -ENOENT, "'%s' is a symbolic link to '%s': install that",
				 f->from, e->target);
	if (e)
		return error_set(err, -EISDIR, "'%s' is a folder: name the files in it", f->from);
	if (plain)
		return error_set(err, -ENOENT,
				 "no file '%s': this is one plain file, no tar or zip archive: "
				 "Install=. %s %04o",
				 f->from, f->to, f->mode);
	return error_set(err, -ENOENT, "no file '%s' in its archive", f->from);
}

int component_unpack(const struct store *s, const struct component *c, const struct digest *sha256,
		     struct tree **ret, struct error **err)
{
	_cleanup_(tree_freep) struct tree *archive = NULL;
	int r = unpack_archive(s, sha256, c->name, &archive, err);

	for (size_t i = 0; r >= 0 && i < c->n_files; i++)
		r = check_file(archive, &c->files[i], err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(archive);
	return 0;
}
