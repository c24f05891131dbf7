#include "cli/report_owners_read.h"

#include <errno.h>

#include "cli/places.h"
#include "packages/component.h"
#include "packages/unpack_index.h"

/* The package of the list with that name, version and architecture. */
static bool list_has(const struct package_list *l, const struct lock_package *p)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct package_list_item *item = &l->items[i];

		if (item->architecture && string_equal(item->name, p->name) &&
		    string_equal(item->version, p->version) &&
		    string_equal(item->architecture, p->architecture))
			return true;
	}
	return false;
}

static int add_tree(const struct tree *t, const char *name, struct report_owners *o,
		    struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < tree_count(t); i++) {
		if (tree_at(t, i)->type == TREE_FILE)
			r = report_owners_add(o, tree_at(t, i)->path, name, err);
	}
	return r;
}

/* The index alone is read: contents are not needed. */
static int add_package(const struct store *s, const struct lock_package *p, struct report_owners *o,
		       struct error **err)
{
	_cleanup_(buffer_release) struct buffer index = BUFFER_INIT(UNPACK_INDEX_MAX);
	_cleanup_(unpacked_release) struct unpacked u = {0};
	_cleanup_free_ char *key = unpack_key(&p->sha256);
	int r = key ? store_read_file(s, STORE_UNPACKED, key, "index", UNPACK_INDEX_MAX, &index,
				      err)
		    : error_oom(err);

	if (r >= 0)
		r = unpack_index_parse(buffer_span(&index), "data", UINT64_MAX, "", &u, err);
	return r < 0 ? r : add_tree(u.tree, p->name, o, err);
}

static int add_packages(const struct store *s, const struct lock *lock,
			const struct package_list *list, struct report_owners *o,
			struct error **err)
{
	static const enum lock_set_kind sets[] = {LOCK_IMAGE, LOCK_DEBUG};
	size_t found = 0, wanted = 0;
	int r = 0;

	for (size_t i = 0; i < list->n; i++)
		wanted += list->items[i].architecture != NULL;
	for (size_t k = 0; k < ARRAY_SIZE(sets); k++) {
		const struct lock_set *set = &lock->sets[sets[k]];

		for (size_t i = 0; r >= 0 && i < set->n; i++) {
			if (!list_has(list, &set->items[i]))
				continue;
			r = add_package(s, &set->items[i], o, err);
			found++;
		}
	}
	return r < 0		 ? r
	       : found >= wanted ? 0
				 : error_set(err, -ERROR_UNSUPPORTED,
					     "the lock has other packages than the image");
}

static const struct component *find_component(const struct recipe *r, const char *name)
{
	for (size_t i = 0; i < r->n_components; i++) {
		if (string_equal(r->components[i].name, name))
			return &r->components[i];
	}
	return NULL;
}

static int add_components(const struct store *s, const struct recipe *recipe,
			  const struct lock *lock, struct report_owners *o, struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < lock->n_components; i++) {
		const struct lock_component *locked = &lock->components[i];
		const struct component *c = find_component(recipe, locked->name);
		_cleanup_(tree_freep) struct tree *tree = NULL;

		if (!c)
			continue;
		r = component_tree(s, c, locked, &tree, err);
		if (r >= 0)
			r = add_tree(tree, locked->name, o, err);
	}
	return r;
}

static int read_owners(const struct owners_options *options, const struct package_list *list,
		       struct report_owners *o, struct error **err)
{
	_cleanup_(recipe_release) struct recipe recipe = {0};
	_cleanup_(lock_release) struct lock lock = {0};
	_cleanup_(store_release) struct store store = {0};
	_cleanup_(places_release) struct places places = {0};
	_cleanup_free_ char *path = NULL;
	int r = places_find(options->images, NULL, &places, err);

	if (r >= 0)
		r = recipe_folders_find_lock(&places.recipes, list->image, &path, err);
	if (r >= 0)
		r = lock_read(path, &lock, err);
	if (r >= 0)
		r = recipe_read(&places.recipes, list->image, &recipe, err);
	if (r >= 0)
		r = store_open(options->store, &store, err);
	if (r >= 0)
		r = add_packages(&store, &lock, list, o, err);
	return r < 0 ? r : add_components(&store, &recipe, &lock, o, err);
}

int report_owners_read(const struct owners_options *options, const struct package_list *list,
		       struct report_owners *ret, bool *ret_known, struct error **err)
{
	_cleanup_(report_owners_release) struct report_owners owners = {0};
	_cleanup_error_ struct error *why = NULL;
	int r;

	*ret_known = false;
	/* The name is the image's own: it must not lead elsewhere. */
	if (!path_is_confined(list->image) || strchr(list->image, '/'))
		return 0;
	r = read_owners(options, list, &owners, &why);
	if (r == -ENOMEM)
		return error_move(err, r, &why);
	if (r < 0)
		return 0;
	report_owners_sort(&owners);
	*ret = owners;
	owners = (struct report_owners){0};
	*ret_known = true;
	return 0;
}
