#include "packages/lock_make.h"

#include <errno.h>

#include "base/file.h"
#include "formats/decompress.h"
#include "formats/release.h"
#include "packages/component.h"
#include "packages/fetch.h"
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

/* "@scope/name" at 1.2.3: "@scope/name/-/name-1.2.3.tgz" below the registry. */
static char *npm_path(const struct component *c)
{
	return string_printf("%s/-/%s-%s.tgz", c->source, path_basename(c->source), c->version);
}

static int check_integrity(const struct component *c, const char *file, struct error **err)
{
	_cleanup_free_ uint8_t *expected = NULL;
	const char *text = c->integrity + strlen("sha512-");
	struct digest found;
	size_t n;
	int r;

	if (!base64_decode(span_string(text), &expected, &n) || n != digest_size(DIGEST_SHA512))
		return error_set(err, -ERROR_MALFORMED, "Integrity= is no SHA-512 in base64");
	r = digest_file(file, DIGEST_SHA512, &found, NULL, err);
	if (r < 0)
		return r;
	if (memcmp(expected, found.bytes, n) != 0) {
		_cleanup_free_ char *shown = base64_string(digest_span(&found));

		return error_set(err, -ERROR_REFUSED, "integrity is sha512-%s, not %s",
				 shown ? shown : "?", c->integrity);
	}
	return 0;
}

/* Downloads the tarball, checks it, and keeps it in the store for the build. */
static int lock_npm(const struct lock_make_options *o, const struct component *c,
		    struct lock_component *ret, struct error **err)
{
	_cleanup_free_ char *file = NULL;
	_cleanup_free_ char *temporary = string_printf("npm-%s", c->name);
	_cleanup_free_ char *url = NULL;
	int r;

	ret->source = npm_path(c);
	url = ret->source ? path_join(o->mirrors->npm_registry, ret->source) : NULL;
	if (!url || !temporary)
		return error_oom(err);
	r = fetch_file(o->store, o->http, url, temporary, &file, err);
	if (r < 0)
		return r;
	r = check_integrity(c, file, err);
	if (r >= 0)
		r = digest_file(file, DIGEST_SHA256, &ret->sha256, &ret->size, err);
	if (r < 0) {
		unlink(file);
		return error_wrap(err, r, "%s", url);
	}
	return store_adopt(o->store, file, &ret->sha256, ret->size, err);
}

/* Copies a local file into the store: the store's copy is what a build uses. */
static int lock_file_component(const struct lock_make_options *o, const struct component *c,
			       struct error **err)
{
	_cleanup_free_ char *copy =
		string_printf("%s/" STORE_PARTIAL "/file-%s", o->store->path, c->name);
	_cleanup_(output_release) struct output out = OUTPUT_INIT;
	_cleanup_close_ int fd = -1;
	struct digest sha256;
	uint64_t size;
	int r;

	if (!copy || !digest_parse(DIGEST_SHA256, c->sha256, &sha256))
		return error_oom(err);
	if (store_has_blob(o->store, &sha256, c->size) && store_check_blob(o->store, &sha256))
		return 0;
	r = file_open(c->source, &fd, &size, err);
	if (r >= 0)
		r = output_open(copy, &out, err);
	if (r < 0)
		return r;
	r = copy_range(fd, 0, size, out.fd);
	if (r < 0)
		return error_errno(err, -r, "%s", c->source);
	r = output_commit(&out, err);
	if (r >= 0)
		r = store_adopt(o->store, copy, &sha256, c->size, err);
	return r < 0 ? error_wrap(err, r, "%s", c->source) : 0;
}

/* The same for an address: what the archive holds is looked at before it is locked. */
static int lock_url_component(const struct lock_make_options *o, const struct component *c,
			      const struct digest *sha256, struct error **err)
{
	_cleanup_free_ char *temporary = string_printf("url-%s", c->name);
	_cleanup_free_ char *file = NULL;
	int r;

	if (!temporary)
		return error_oom(err);
	if (store_has_blob(o->store, sha256, c->size) && store_check_blob(o->store, sha256))
		return 0;
	r = fetch_file(o->store, o->http, c->source, temporary, &file, err);
	if (r < 0)
		return r;
	r = store_adopt(o->store, file, sha256, c->size, err);
	return r < 0 ? error_wrap(err, r, "%s", c->source) : 0;
}

static int lock_component(const struct lock_make_options *o, const struct component *c,
			  struct lock_component *ret, struct error **err)
{
	static const char *const kinds[] = {
		[COMPONENT_NPM] = "npm",
		[COMPONENT_URL] = "url",
		[COMPONENT_FILE] = "file",
	};

	ret->name = strdup(c->name);
	ret->kind = strdup(kinds[c->kind]);
	ret->version = strdup(c->version);
	ret->licence = strdup(c->licence);
	if (!ret->name || !ret->kind || !ret->version || !ret->licence)
		return error_oom(err);
	if (c->kind == COMPONENT_NPM)
		return lock_npm(o, c, ret, err);
	ret->source = strdup(c->kind == COMPONENT_FILE ? path_basename(c->source) : c->source);
	ret->size = c->size;
	if (!ret->source || !digest_parse(DIGEST_SHA256, c->sha256, &ret->sha256))
		return error_oom(err);
	return c->kind == COMPONENT_FILE ? lock_file_component(o, c, err)
					 : lock_url_component(o, c, &ret->sha256, err);
}

static int check_component(const struct lock_make_options *o, const struct component *c,
			   const struct digest *sha256, struct error **err)
{
	_cleanup_(tree_freep) struct tree *archive = NULL;

	return component_unpack(o->store, c, sha256, &archive, err);
}

static int lock_components(const struct lock_make_options *o, struct lock *l, struct error **err)
{
	for (size_t i = 0; i < o->recipe->n_components; i++) {
		const struct component *c = &o->recipe->components[i];
		struct lock_component *locked;
		int r;

		if (array_reserve(&l->components, &l->components_capacity, l->n_components + 1,
				  sizeof *l->components) < 0)
			return error_oom(err);
		locked = &l->components[l->n_components++];
		*locked = (struct lock_component){0};
		r = lock_component(o, c, locked, err);
		if (r >= 0)
			r = check_component(o, c, &locked->sha256, err);
		if (r < 0)
			return error_wrap(err, r, "component '%s'", c->name);
	}
	return 0;
}

int lock_make(const struct lock_make_options *options, struct lock *ret, struct error **err)
{
	_cleanup_(lock_release) struct lock l = {
		.image = strdup(options->recipe->name),
	};
	_cleanup_(archive_lists_release) struct archive_lists lists = {0};
	const struct archive_options archive = {
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
