#include "image/package_trees.h"

#include "base/parallel.h"

void package_trees_release(struct package_trees *t)
{
	for (size_t i = 0; i < t->n; i++)
		unpacked_release(&t->items[i].unpacked);
	free(t->items);
	*t = (struct package_trees){0};
}

struct unpack_context {
	const struct store *store;
	struct package_trees *trees;
	struct progress *progress;
};

static int unpack_one(void *context, size_t index, struct error **err)
{
	struct unpack_context *c = context;
	struct package_tree *t = &c->trees->items[index];
	int r = unpack_deb(c->store, &t->package->sha256, t->package->name, &t->unpacked, err);

	if (r < 0)
		return error_wrap(err, r, "package '%s' %s", t->package->name, t->package->version);
	progress_add(c->progress, 1);
	return 0;
}

int package_trees_unpack(const struct store *s, const struct lock_set *packages, const char *what,
			 struct progress *progress, struct package_trees *ret, struct error **err)
{
	_cleanup_(package_trees_release) struct package_trees trees = {
		.items = calloc(packages->n ? packages->n : 1, sizeof *trees.items),
		.n = packages->n,
	};
	struct unpack_context context = {s, &trees, progress};
	int r;

	if (!trees.items) {
		trees.n = 0;
		return error_oom(err);
	}
	for (size_t i = 0; i < trees.n; i++)
		trees.items[i].package = &packages->items[i];
	progress_begin(progress, what, trees.n, false);
	r = parallel_for(trees.n, 0, unpack_one, &context, err);
	if (r < 0)
		return r;
	progress_end(progress, NULL);
	*ret = trees;
	trees = (struct package_trees){0};
	return 0;
}

int lock_set_digest(const struct lock_set *packages, struct span salt, struct digest *ret,
		    struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *s = digest_stream_new(DIGEST_SHA256);

	if (!s)
		return error_oom(err);
	digest_stream_add(s, salt);
	for (size_t i = 0; i < packages->n; i++)
		digest_stream_add(s, digest_span(&packages->items[i].sha256));
	*ret = digest_stream_end(s);
	return 0;
}
