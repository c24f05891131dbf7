#include "packages/lock_list.h"

#include "formats/json_read.h"

/* The name of an npm package is what stands before this in its path below a registry. */
#define NPM_SEPARATOR "/-/"

void lock_list_release(struct lock_list *l)
{
	free(l->list.items);
	string_list_release(&l->strings);
	*l = (struct lock_list){0};
}

/* Keeps the string, which may be NULL: no memory. *ret is the list's from then on. */
static int keep(struct lock_list *l, char *s, const char **ret, struct error **err)
{
	*ret = s;
	if (!s || string_list_take(&l->strings, s) < 0)
		return error_oom(err);
	return 0;
}

static int keep_digest(struct lock_list *l, const struct digest *d, const char **ret,
		       struct error **err)
{
	return keep(l, hex_string(digest_span(d)), ret, err);
}

/* "systemd" of "pool/main/s/systemd/libsystemd0_257.13-1_amd64.deb": the folder is the source's. */
static char *source_name(const char *path)
{
	const char *end = path_basename(path) - 1;
	const char *start = end;

	if (end < path)
		return strdup("");
	while (start > path && start[-1] != '/')
		start--;
	return strndup(start, (size_t)(end - start));
}

static int add_package(struct lock_list *l, const struct lock_package *p,
		       const struct licence *licence, struct error **err)
{
	struct package_list_item *item = &l->list.items[l->list.n++];
	int r;

	*item = (struct package_list_item){
		.name = p->name,
		.version = p->version,
		.architecture = p->architecture,
		.licence = licence ? licence->declared : "",
		.concluded = licence ? licence->concluded : "",
	};
	r = keep_digest(l, &p->sha256, &item->sha256, err);
	return r < 0 ? r : keep(l, source_name(p->path), &item->source, err);
}

/* A tarball that lies at several places of a tree is one part. */
static bool has_part(const struct lock_list *l, const struct package_list_item *part)
{
	for (size_t i = l->list.n_parts; i-- > 0;) {
		const struct package_list_item *p = &l->list.parts[i];

		if (string_equal(p->component, part->component) &&
		    string_equal(p->name, part->name) && string_equal(p->version, part->version) &&
		    string_equal(p->sha256, part->sha256))
			return true;
	}
	return false;
}

static int add_part(struct lock_list *l, const struct lock_component *c,
		    const struct lock_npm_package *p, struct error **err)
{
	const char *end = strstr(p->source, NPM_SEPARATOR);
	struct package_list_item part = {
		.version = p->version,
		.licence = p->licence,
		.component = c->name,
	};
	int r = keep(l, strndup(p->source, end ? (size_t)(end - p->source) : strlen(p->source)),
		     &part.name, err);

	if (r >= 0)
		r = keep_digest(l, &p->sha256, &part.sha256, err);
	if (r >= 0 && !has_part(l, &part))
		l->list.parts[l->list.n_parts++] = part;
	return r;
}

static int add_component(struct lock_list *l, const struct lock_component *c, struct error **err)
{
	struct package_list_item *item = &l->list.items[l->list.n++];
	int r;

	*item = (struct package_list_item){
		.name = c->name,
		.version = c->version,
		.kind = c->kind,
		.source = c->source,
		.licence = c->licence,
	};
	r = keep_digest(l, &c->sha256, &item->sha256, err);
	for (size_t i = 0; r >= 0 && i < c->n_packages; i++)
		r = add_part(l, c, &c->packages[i], err);
	return r;
}

/* The suite without "-updates": the shortest of the archive's. */
static const char *suite_of(const struct lock *lock)
{
	const char *suite = "";

	for (size_t i = 0; i < lock->n_suites; i++) {
		const struct lock_suite *s = &lock->suites[i];

		if (string_equal(s->archive, "debian") &&
		    (!suite[0] || strlen(s->suite) < strlen(suite)))
			suite = s->suite;
	}
	return suite;
}

static int allocate(struct lock_list *l, const struct lock *lock,
		    const struct lock_set *const *sets, size_t n_sets, bool components,
		    struct error **err)
{
	size_t items = components ? lock->n_components : 0, parts = 0;

	for (size_t i = 0; i < n_sets; i++)
		items += sets[i]->n;
	for (size_t i = 0; components && i < lock->n_components; i++)
		parts += lock->components[i].n_packages;
	l->list.items = calloc(items + parts + 1, sizeof *l->list.items);
	if (!l->list.items)
		return error_oom(err);
	l->list.parts = l->list.items + items;
	return 0;
}

static int add_packages(struct lock_list *l, const struct lock_set *const *sets, size_t n_sets,
			const struct licence *const *licences, struct error **err)
{
	_cleanup_free_ struct licence_owner *owners = NULL;
	size_t n = 0, at = 0;
	int r = 0;

	for (size_t k = 0; k < n_sets; k++)
		n += sets[k]->n;
	owners = calloc(n + 1, sizeof *owners);
	if (!owners)
		return error_oom(err);
	for (size_t k = 0; k < n_sets; k++) {
		for (size_t i = 0; i < sets[k]->n; i++, at++)
			owners[at] = (struct licence_owner){sets[k]->items[i].name,
							    sets[k]->items[i].path, licences[at]};
	}
	at = 0;
	for (size_t k = 0; k < n_sets; k++) {
		for (size_t i = 0; r >= 0 && i < sets[k]->n; i++, at++)
			r = add_package(l, &sets[k]->items[i], licence_of(owners, n, at), err);
	}
	return r;
}

int lock_list_make(const struct lock *lock, const struct lock_set *const *sets, size_t n_sets,
		   const struct licence *const *licences, bool components, struct lock_list *ret,
		   struct error **err)
{
	_cleanup_(lock_list_release) struct lock_list l = {
		.list = {.image = lock->image, .suite = suite_of(lock)},
	};
	char date[TIME_TEXT_SIZE];
	int r;

	time_format(lock_date(lock), date);
	r = keep(&l, strdup(date), &l.list.date, err);
	if (r >= 0)
		r = allocate(&l, lock, sets, n_sets, components, err);
	if (r >= 0)
		r = add_packages(&l, sets, n_sets, licences, err);
	for (size_t i = 0; r >= 0 && components && i < lock->n_components; i++)
		r = add_component(&l, &lock->components[i], err);
	if (r < 0)
		return r;
	*ret = l;
	l = (struct lock_list){0};
	return 0;
}
