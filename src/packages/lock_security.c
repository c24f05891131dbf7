#include "packages/lock_security.h"

#include <errno.h>

#include "base/file.h"
#include "formats/decompress.h"
#include "formats/release.h"
#include "packages/outdated.h"
#include "packages/package_stanza.h"
#include "packages/resolve.h"

#define SYNTHETIC_MAX (4u << 20)

/* The whole of it. */
struct update {
	const struct lock_make_options *options;
	struct archive_lists lists;
	struct outdated found;
	struct lock lock; /* the new one */
	bool any_name;	  /* packages that the lock does not have may come in */
};

static void update_release(struct update *u)
{
	outdated_release(&u->found);
	archive_lists_release(&u->lists);
	lock_release(&u->lock);
}

/* Through its text, so that the copy is all its own. */
static int copy_lock(const struct lock *from, struct lock *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOCK_MAX);
	struct lock shallow = *from;
	int r = lock_format(&shallow, &text, err);

	return r < 0 ? r : lock_parse(buffer_span(&text), ret, err);
}

static bool is_kernel(const struct outdated_item *item)
{
	return item->set == LOCK_IMAGE && string_starts(item->package->name, "linux-image-");
}

/* Kernel and firmware are taken without what they depend on: the lists decide nothing about them. */
static bool is_picked(const struct outdated_item *item)
{
	return is_kernel(item) || item->set == LOCK_FIRMWARE;
}

/* One resolver is for one or two sets. */
static bool is_of(const struct outdated_item *item, enum lock_set_kind a, enum lock_set_kind b)
{
	return (item->set == a || item->set == b) && !is_picked(item);
}

static const char *target_version(const struct outdated_item *item)
{
	return item->security.version ? item->security.version : item->package->version;
}

/* Whether the solver may see the stanza: of a locked package the version that it is to have alone. */
static bool is_wanted(const struct update *u, const struct package_stanza *z, enum lock_set_kind a,
		      enum lock_set_kind b)
{
	bool locked = false;

	for (size_t i = 0; i < u->found.n; i++) {
		const struct outdated_item *item = &u->found.items[i];

		if (!is_of(item, a, b) || span_compare_string(z->package, item->package->name) != 0)
			continue;
		locked = true;
		if (span_compare_string(z->version, target_version(item)) == 0)
			return true;
	}
	return !locked && u->any_name;
}

static int add_wanted(const struct update *u, struct resolver *resolver,
		      const struct archive_suite *suite, const char *path, enum lock_set_kind a,
		      enum lock_set_kind b, struct error **err)
{
	_cleanup_(file_map_release) struct file_map map = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ARCHIVE_PACKAGES_MAX),
						wanted = BUFFER_INIT(ARCHIVE_PACKAGES_MAX);
	struct package_stanza z;
	struct reader reader;
	int r = file_map(path, &map, err);

	if (r >= 0)
		r = decompress(map.data, &text, err);
	if (r < 0)
		return error_wrap(err, r, "package list of %s", suite->suite);
	reader = reader_init(buffer_span(&text));
	while (package_stanza_next(&reader, &z)) {
		if (z.package.n && is_wanted(u, &z, a, b))
			buffer_put(&wanted, z.text);
	}
	if (!buffer_ok(&wanted))
		return error_oom(err);

	const struct resolve_list list = {suite->archive, buffer_span(&wanted)};

	return resolver_add_list(resolver, &list, err);
}

/* What no list has any more, as the lock has it. */
static int add_gone(const struct update *u, struct resolver *resolver, const char *archive,
		    enum lock_set_kind a, enum lock_set_kind b, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SYNTHETIC_MAX);

	for (size_t i = 0; i < u->found.n; i++) {
		const struct outdated_item *item = &u->found.items[i];
		const struct lock_package *p = item->package;
		char hex[DIGEST_HEX_MAX];

		if (!is_of(item, a, b) || !item->gone || item->security.version ||
		    !string_equal(p->archive, archive))
			continue;
		digest_hex(&p->sha256, hex);
		buffer_printf(&text,
			      "Package: %s\nVersion: %s\nArchitecture: %s\nFilename: %s\n"
			      "Size: %llu\nSHA256: %s\n\n",
			      p->name, p->version, p->architecture, p->path,
			      (unsigned long long)p->size, hex);
	}
	if (!buffer_ok(&text))
		return error_oom(err);

	const struct resolve_list list = {archive, buffer_span(&text)};

	return resolver_add_list(resolver, &list, err);
}

static int make_resolver(const struct update *u, enum lock_set_kind a, enum lock_set_kind b,
			 const struct string_list *without, struct resolver **ret,
			 struct error **err)
{
	_cleanup_(resolver_freep) struct resolver *resolver = NULL;
	int r = resolver_new(u->options->recipe->architecture, &resolver, err);

	for (size_t i = 0; r >= 0 && i < u->lists.n; i++) {
		const struct archive_suite *suite = &u->lists.items[i];

		for (size_t k = 0; r >= 0 && k < suite->packages.n; k++)
			r = add_wanted(u, resolver, suite, suite->packages.items[k], a, b, err);
	}
	for (size_t i = 0; r >= 0 && i < u->options->before->n_archives; i++)
		r = add_gone(u, resolver, u->options->before->archives[i].name, a, b, err);
	if (r < 0)
		return r;
	resolver_set_without(resolver, without);
	*ret = TAKE_PTR(resolver);
	return 0;
}

/* All that the set has stays, so it is asked for. */
static int locked_names(const struct update *u, enum lock_set_kind set, struct string_list *ret,
			struct error **err)
{
	for (size_t i = 0; i < u->found.n; i++) {
		const struct outdated_item *item = &u->found.items[i];

		if (item->set == set && !is_picked(item) &&
		    string_list_add(ret, item->package->name) < 0)
			return error_oom(err);
	}
	return 0;
}

static int solve_set(const struct update *u, struct resolver *resolver, enum lock_set_kind set,
		     const struct lock_set *together_with, struct lock_set *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = locked_names(u, set, &names, err);

	if (r < 0 || names.n == 0)
		return r;
	return resolver_solve(resolver, &names, together_with, ret, err);
}

static int solve(const struct update *u, struct lock_set sets[LOCK_SETS_], struct error **err)
{
	const struct recipe *recipe = u->options->recipe;
	_cleanup_(resolver_freep) struct resolver *image = NULL, *build_root = NULL;
	int r = make_resolver(u, LOCK_IMAGE, LOCK_DEBUG, &recipe->without, &image, err);

	if (r >= 0)
		r = solve_set(u, image, LOCK_IMAGE, NULL, &sets[LOCK_IMAGE], err);
	if (r >= 0)
		r = solve_set(u, image, LOCK_DEBUG, &sets[LOCK_IMAGE], &sets[LOCK_DEBUG], err);
	if (r < 0)
		return error_wrap(err, r, "image");
	r = make_resolver(u, LOCK_BUILD_ROOT, LOCK_BUILD_ROOT, &recipe->build_root_without,
			  &build_root, err);
	if (r >= 0)
		r = solve_set(u, build_root, LOCK_BUILD_ROOT, NULL, &sets[LOCK_BUILD_ROOT], err);
	return r < 0 ? error_wrap(err, r, "build root") : 0;
}

static int add_picked(const struct outdated_item *item, struct lock_set *ret, struct error **err)
{
	const struct lock_package *p = item->package;
	const struct candidate *c = item->security.version ? &item->security : NULL;
	struct lock_package *added;

	if (array_reserve(&ret->items, &ret->capacity, ret->n + 1, sizeof *ret->items) < 0)
		return error_oom(err);
	added = &ret->items[ret->n++];
	*added = (struct lock_package){
		.name = strdup(c ? c->name : p->name),
		.version = strdup(c ? c->version : p->version),
		.architecture = strdup(p->architecture),
		.archive = strdup(c ? c->archive : p->archive),
		.path = strdup(c ? c->path : p->path),
		.size = c ? c->size : p->size,
		.sha256 = c ? c->sha256 : p->sha256,
	};
	return added->name && added->version && added->architecture && added->archive && added->path
		       ? 0
		       : error_oom(err);
}

/* Puts the sets in place of the new lock's. */
static void take_sets(struct update *u, struct lock_set sets[LOCK_SETS_])
{
	for (size_t k = 0; k < LOCK_SETS_; k++) {
		struct lock_set old = u->lock.sets[k];

		u->lock.sets[k] = sets[k];
		sets[k] = old;
	}
}

static void sets_release(struct lock_set (*sets)[LOCK_SETS_])
{
	struct lock l = {0};

	memcpy(l.sets, *sets, sizeof l.sets);
	lock_release(&l);
}

static int add_all_picked(const struct update *u, struct lock_set sets[LOCK_SETS_],
			  struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < u->found.n; i++) {
		const struct outdated_item *item = &u->found.items[i];

		if (is_picked(item))
			r = add_picked(item, &sets[item->set], err);
	}
	return r;
}

/* First with what the lock has; where an update needs more, with all that the lists have. */
static int resolve(struct update *u, struct error **err)
{
	int r = -1;

	for (int all = 0; r < 0 && all < 2; all++) {
		_cleanup_(sets_release) struct lock_set sets[LOCK_SETS_] = {0};

		u->any_name = all;
		r = solve(u, sets, all ? err : NULL);
		if (r < 0)
			continue;
		r = add_all_picked(u, sets, err);
		if (r >= 0)
			take_sets(u, sets);
		return r;
	}
	return error_wrap(
		err, r,
		"security updates alone do not go with the lock ('tdnode lock %s' makes a "
		"whole one)",
		u->options->recipe->name);
}

static bool has_package(const struct lock *l, const struct lock_package *p)
{
	for (size_t k = 0; k < LOCK_SETS_; k++) {
		for (size_t i = 0; i < l->sets[k].n; i++) {
			if (digest_equal(&l->sets[k].items[i].sha256, &p->sha256))
				return true;
		}
	}
	return false;
}

static int set_text(char **text, const char *value, struct error **err)
{
	char *copy = strdup(value);

	if (!copy)
		return error_oom(err);
	free(*text);
	*text = copy;
	return 0;
}

/* Mirrors have what is new at the lists' date; what stays was there at the lock's. */
static int set_dates(struct update *u, const char *archive, struct error **err)
{
	char date[RELEASE_TIMESTAMP_SIZE];
	int64_t latest = 0;
	int r = 0;

	for (size_t i = 0; i < u->lists.n; i++) {
		const struct archive_suite *s = &u->lists.items[i];

		if (!string_equal(s->archive, archive))
			continue;
		latest = MAX(latest, s->date);
		release_timestamp(s->date, date);
		for (size_t k = 0; r >= 0 && k < u->lock.n_suites; k++) {
			if (string_equal(u->lock.suites[k].archive, archive) &&
			    string_equal(u->lock.suites[k].suite, s->suite))
				r = set_text(&u->lock.suites[k].date, date, err);
		}
	}
	release_timestamp(latest, date);
	for (size_t k = 0; r >= 0 && k < u->lock.n_archives; k++) {
		if (string_equal(u->lock.archives[k].name, archive))
			r = set_text(&u->lock.archives[k].timestamp, date, err);
	}
	return r;
}

static int update_dates(struct update *u, bool *ret_changed, struct error **err)
{
	int r = 0;

	*ret_changed = false;
	for (size_t k = 0; k < LOCK_SETS_; k++) {
		for (size_t i = 0; r >= 0 && i < u->lock.sets[k].n; i++) {
			const struct lock_package *p = &u->lock.sets[k].items[i];

			if (has_package(u->options->before, p))
				continue;
			*ret_changed = true;
			r = set_dates(u, p->archive, err);
		}
	}
	return r;
}

static int check_request(const struct lock_make_options *o, struct error **err)
{
	struct digest request;
	int r = recipe_request_digest(o->recipe, &request, err);

	if (r >= 0 && !digest_equal(&request, &o->before->request))
		r = error_set(
			err, -ERROR_REFUSED,
			"the lock was made for another recipe: 'tdnode lock %s' makes a whole "
			"one",
			o->recipe->name);
	return r;
}

int lock_security(const struct lock_make_options *options, struct lock *ret, bool *ret_changed,
		  struct error **err)
{
	_cleanup_(update_release) struct update u = {.options = options};
	const struct archive_options archive = lock_archive_options(options);
	int r = check_request(options, err);

	if (r >= 0)
		r = copy_lock(options->before, &u.lock, err);
	if (r >= 0)
		r = archive_read_lists(&archive, &u.lists, err);
	if (r >= 0)
		r = outdated_find(options->before, options->recipe, &u.lists, &u.found, err);
	if (r >= 0)
		r = resolve(&u, err);
	if (r >= 0)
		r = update_dates(&u, ret_changed, err);
	if (r < 0)
		return r;
	*ret = u.lock;
	u.lock = (struct lock){0};
	return 0;
}
