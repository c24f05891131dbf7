#include "packages/lock_make.h"

#include <errno.h>

#include "base/file.h"
#include "formats/decompress.h"
#include "formats/release.h"
#include "packages/component.h"
#include "packages/given_files.h"
#include "packages/lock_npm.h"
#include "packages/lock_release.h"
#include "packages/resolve.h"

static int add_list(struct resolver *resolver, const char *archive, const char *packages,
		    struct error **err)
{
	_cleanup_(file_map_release) struct file_map map = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ARCHIVE_PACKAGES_MAX);
	int r = file_map(packages, &map, err);

	if (r >= 0)
		r = decompress(map.data, &text, err);
	if (r >= 0) {
		const struct resolve_list list = {archive, buffer_span(&text)};

		r = resolver_add_list(resolver, &list, err);
	}
	return r;
}

static int add_lists(struct resolver *resolver, const struct archive_suite *suite,
		     struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < suite->packages.n; i++)
		r = add_list(resolver, suite->archive, suite->packages.items[i], err);
	return r < 0 ? error_wrap(err, r, "package list of %s", suite->suite) : 0;
}

/* An archive's time stamp is the latest of its suites'. Archives come in order of name. */
static int add_archives(const struct archive_lists *lists, struct lock *l, struct error **err)
{
	static const char *const names[] = {"debian", "debian-security"};

	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		char timestamp[RELEASE_TIMESTAMP_SIZE];
		int64_t latest = 0;

		for (size_t i = 0; i < lists->n; i++) {
			if (string_equal(lists->items[i].archive, names[k]))
				latest = MAX(latest, lists->items[i].date);
		}
		if (latest == 0)
			continue;
		if (array_reserve(&l->archives, &l->archives_capacity, l->n_archives + 1,
				  sizeof *l->archives) < 0)
			return error_oom(err);
		release_timestamp(latest, timestamp);

		struct lock_archive *a = &l->archives[l->n_archives++];

		*a = (struct lock_archive){strdup(names[k]), strdup(timestamp)};
		if (!a->name || !a->timestamp)
			return error_oom(err);
	}
	return 0;
}

static int add_suites(const struct archive_lists *lists, struct lock *l, struct error **err)
{
	for (size_t i = 0; i < lists->n; i++) {
		char date[RELEASE_TIMESTAMP_SIZE];

		if (array_reserve(&l->suites, &l->suites_capacity, l->n_suites + 1,
				  sizeof *l->suites) < 0)
			return error_oom(err);
		release_timestamp(lists->items[i].date, date);

		struct lock_suite *s = &l->suites[l->n_suites++];

		*s = (struct lock_suite){strdup(lists->items[i].archive),
					 strdup(lists->items[i].suite), strdup(date)};
		if (!s->archive || !s->suite || !s->date)
			return error_oom(err);
	}
	return 0;
}

/* A lock without dates of suites still has the latest of each archive. */
static int check_archives(const struct lock *before, const struct lock *l, struct error **err)
{
	for (size_t i = 0; i < l->n_archives; i++) {
		const struct lock_archive *new = &l->archives[i];

		for (size_t k = 0; k < before->n_archives; k++) {
			const struct lock_archive *old = &before->archives[k];
			int64_t then, now;

			if (string_equal(old->name, new->name) &&
			    release_parse_timestamp(old->timestamp, &then) &&
			    release_parse_timestamp(new->timestamp, &now) && now < then)
				return error_set(err, -ERROR_REFUSED, ARCHIVE_OLDER, new->name,
						 new->timestamp, old->timestamp);
		}
	}
	return 0;
}

static int solve_sets(struct resolver *resolver, const struct recipe *recipe, struct lock *l,
		      struct error **err)
{
	int r = resolver_solve(resolver, &recipe->install, NULL, &l->sets[LOCK_IMAGE], err);

	if (r < 0)
		return error_wrap(err, r, "image");
	if (recipe->install_debug.n) {
		r = resolver_solve(resolver, &recipe->install_debug, &l->sets[LOCK_IMAGE],
				   &l->sets[LOCK_DEBUG], err);
		if (r < 0)
			return error_wrap(err, r, "debug image");
	}
	r = resolver_pick_kernel(resolver, recipe->kernel, &l->sets[LOCK_IMAGE], err);
	if (r < 0)
		return error_wrap(err, r, "kernel");
	for (size_t i = 0; i < recipe->firmware.n; i++) {
		r = resolver_pick(resolver, recipe->firmware.items[i], &l->sets[LOCK_FIRMWARE],
				  err);
		if (r < 0)
			return error_wrap(err, r, "firmware");
	}
	return 0;
}

static int new_resolver(const struct lock_make_options *o, const struct archive_lists *lists,
			const struct string_list *without, struct resolver **ret,
			struct error **err)
{
	_cleanup_(resolver_freep) struct resolver *resolver = NULL;
	int r = resolver_new(o->recipe->architecture, &resolver, err);

	for (size_t i = 0; r >= 0 && i < lists->n; i++)
		r = add_lists(resolver, &lists->items[i], err);
	if (r < 0)
		return r;
	resolver_set_without(resolver, without);
	*ret = TAKE_PTR(resolver);
	return 0;
}

static int resolve_all(const struct lock_make_options *o, const struct archive_lists *lists,
		       struct lock *l, struct error **err)
{
	_cleanup_(resolver_freep) struct resolver *image = NULL;
	_cleanup_(resolver_freep) struct resolver *build_root = NULL;
	int r;

	progress_begin(o->progress, "resolve", 0, false);
	r = new_resolver(o, lists, &o->recipe->without, &image, err);
	if (r >= 0)
		r = solve_sets(image, o->recipe, l, err);
	if (r < 0)
		return r;
	resolver_free(TAKE_PTR(image));
	/* What an image can do without, a compiler may need. */
	r = new_resolver(o, lists, &o->recipe->build_root_without, &build_root, err);
	if (r >= 0)
		r = resolver_solve(build_root, &o->recipe->build_root, NULL,
				   &l->sets[LOCK_BUILD_ROOT], err);
	if (r < 0)
		return error_wrap(err, r, "build root");
	progress_end(o->progress, NULL);
	return 0;
}

static int lock_component(const struct lock_make_options *o, const struct component *c,
			  struct lock_component *ret, struct error **err)
{
	static const char *const kinds[] = {
		[COMPONENT_NPM] = "npm",
		[COMPONENT_NPM_LOCK] = "npm-lock",
		[COMPONENT_URL] = "url",
		[COMPONENT_FILE] = "file",
	};
	const struct lock_npm_options npm = {
		.store = o->store,
		.mirrors = o->mirrors,
		.http = o->http,
		.architecture = o->recipe->architecture,
		.progress = o->progress,
	};
	const struct lock_release_options release = {
		.store = o->store,
		.http = o->http,
		.given = o->given,
		.signer_keys = o->signer_keys,
		.key_server = o->key_server,
		.progress = o->progress,
	};

	ret->name = strdup(c->name);
	ret->kind = strdup(kinds[c->kind]);
	ret->version = strdup(c->version);
	ret->licence = strdup(c->licence);
	if (!ret->name || !ret->kind || !ret->version || !ret->licence)
		return error_oom(err);
	if (c->kind == COMPONENT_NPM)
		return lock_npm(&npm, c, ret, err);
	if (c->kind == COMPONENT_NPM_LOCK)
		return lock_npm_tree(&npm, c, ret, err);
	return lock_release_file(&release, c, ret, err);
}

static int check_component(const struct lock_make_options *o, const struct component *c,
			   const struct lock_component *locked, struct error **err)
{
	_cleanup_(tree_freep) struct tree *files = NULL;

	return component_tree(o->store, c, locked, &files, err);
}

/* Adds the component to the lock once it is known that a build can take it. */
static int add_component(const struct lock_make_options *o, const struct component *c,
			 struct lock *l, struct error **err)
{
	struct lock_component *locked;
	int r;

	if (array_reserve(&l->components, &l->components_capacity, l->n_components + 1,
			  sizeof *l->components) < 0)
		return error_oom(err);
	locked = &l->components[l->n_components++];
	*locked = (struct lock_component){0};
	r = lock_component(o, c, locked, err);
	if (r >= 0)
		r = check_component(o, c, locked, err);
	return r < 0 ? error_wrap(err, r, "component '%s'", c->name) : 0;
}

static int lock_components(const struct lock_make_options *o, struct lock *l, struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < o->recipe->n_components; i++)
		r = add_component(o, &o->recipe->components[i], l, err);
	return r;
}

int lock_make_component(const struct lock_make_options *options, const char *name, struct lock *ret,
			struct error **err)
{
	for (size_t i = 0; i < options->recipe->n_components; i++) {
		const struct component *c = &options->recipe->components[i];

		if (string_equal(c->name, name))
			return add_component(options, c, ret, err);
	}
	return error_set(err, -ERROR_USAGE, "image '%s' has no component '%s'",
			 options->recipe->name, name);
}

struct archive_options lock_archive_options(const struct lock_make_options *options)
{
	return (struct archive_options){
		.store = options->store,
		.mirrors = options->mirrors,
		.http = options->http,
		.keyring = options->keyring,
		.suite = options->recipe->suite,
		.architecture = options->recipe->architecture,
		.components = &options->recipe->archive_components,
		.now = options->now,
		.before = options->before,
		.progress = options->progress,
	};
}

int lock_make(const struct lock_make_options *options, struct lock *ret, struct error **err)
{
	_cleanup_(lock_release) struct lock l = {
		.image = strdup(options->recipe->name),
	};
	_cleanup_(archive_lists_release) struct archive_lists lists = {0};
	const struct archive_options archive = lock_archive_options(options);
	int r = l.image ? recipe_request_digest(options->recipe, &l.request, err) : error_oom(err);

	if (r >= 0)
		r = archive_read_lists(&archive, &lists, err);
	if (r >= 0)
		r = add_archives(&lists, &l, err);
	if (r >= 0)
		r = add_suites(&lists, &l, err);
	if (r >= 0 && options->before && options->before->n_suites == 0)
		r = check_archives(options->before, &l, err);
	if (r >= 0)
		r = resolve_all(options, &lists, &l, err);
	if (r >= 0)
		r = lock_components(options, &l, err);
	if (r < 0)
		return r;
	*ret = l;
	l = (struct lock){0};
	return 0;
}
