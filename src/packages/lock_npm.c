#include "packages/lock_npm.h"

#include <errno.h>

#include "base/parallel.h"
#include "formats/npm_lock.h"
#include "packages/fetch.h"
#include "packages/store_known.h"

static int check_integrity(const struct digest *expected, const char *file, struct error **err)
{
	struct digest found;
	int r = digest_file(file, DIGEST_SHA512, &found, NULL, err);

	if (r < 0 || digest_equal(expected, &found))
		return r;

	_cleanup_free_ char *shown = base64_string(digest_span(&found));
	_cleanup_free_ char *wanted = base64_string(digest_span(expected));

	return error_set(err, -ERROR_REFUSED, "integrity is sha512-%s, not sha512-%s",
			 shown ? shown : "?", wanted ? wanted : "?");
}

static bool is_in_store(const struct lock_npm_options *o, const char *known,
			const struct digest *integrity, struct digest *ret_sha256,
			uint64_t *ret_size)
{
	_cleanup_free_ char *blob = NULL;

	if (!store_recall(o->store, known, ret_sha256, ret_size))
		return false;
	blob = store_blob_path(o->store, ret_sha256);
	return blob && check_integrity(integrity, blob, NULL) >= 0;
}

/* Downloads the tarball, checks it, and keeps it in the store for the build. */
static int fetch_tarball(const struct lock_npm_options *o, const char *source,
			 const struct digest *integrity, struct digest *ret_sha256,
			 uint64_t *ret_size, struct error **err)
{
	char hex[DIGEST_HEX_MAX];
	_cleanup_free_ char *url = path_join(o->mirrors->npm_registry, source);
	_cleanup_free_ char *file = NULL, *temporary = NULL, *known = NULL;
	int r;

	digest_hex(integrity, hex);
	temporary = string_printf("npm-%s", hex);
	known = string_printf("sha512 %s", hex);
	if (!url || !temporary || !known)
		return error_oom(err);
	if (is_in_store(o, known, integrity, ret_sha256, ret_size))
		return 0;
	r = fetch_file(o->store, o->http, url, temporary, FETCH_COMPONENT_MAX, NULL, &file, err);
	if (r < 0)
		return r;
	r = check_integrity(integrity, file, err);
	if (r >= 0)
		r = digest_file(file, DIGEST_SHA256, ret_sha256, ret_size, err);
	if (r < 0) {
		unlink(file);
		return error_wrap(err, r, "%s", url);
	}
	r = store_adopt(o->store, file, ret_sha256, *ret_size, err);
	if (r >= 0)
		store_remember(o->store, known, ret_sha256);
	return r;
}

int lock_npm(const struct lock_npm_options *o, const struct component *c,
	     struct lock_component *ret, struct error **err)
{
	struct digest integrity = {.algorithm = DIGEST_SHA512};
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t n;

	if (!base64_decode(span_string(c->integrity + strlen("sha512-")), &bytes, &n) ||
	    n != digest_size(DIGEST_SHA512))
		return error_set(err, -ERROR_MALFORMED, "Integrity= is no SHA-512 in base64");
	memcpy(integrity.bytes, bytes, n);
	/* "@scope/name" at 1.2.3: "@scope/name/-/name-1.2.3.tgz" below the registry. */
	ret->source =
		string_printf("%s/-/%s-%s.tgz", c->source, path_basename(c->source), c->version);
	return ret->source
		       ? fetch_tarball(o, ret->source, &integrity, &ret->sha256, &ret->size, err)
		       : error_oom(err);
}

struct npm_platform npm_platform_of(const char *architecture)
{
	const char *cpu = string_equal(architecture, "amd64") ? "x64" : architecture;

	return (struct npm_platform){"linux", cpu, "glibc"};
}

/* The version that the recipe gives is that of what its tree is for. */
static int check_version(const struct npm_lock *l, const struct component *c, struct error **err)
{
	const struct npm_package *direct = NULL;

	for (size_t i = 0; i < l->n; i++) {
		if (!l->items[i].direct)
			continue;
		if (string_equal(l->items[i].version, c->version))
			return 0;
		direct = &l->items[i];
	}
	if (!direct)
		return error_set(err, -ERROR_MALFORMED, "its root depends on no package");
	return error_set(err, -ERROR_MALFORMED,
			 "Version=%s is that of none of the packages that its root depends on, "
			 "such as '%s' %s",
			 c->version, direct->name, direct->version);
}

/* One download for each digest: a package may be installed in several places. */
struct tarballs {
	const struct lock_npm_options *options;
	const struct npm_lock *tree;
	const size_t *unique; /* indices in the tree */
	struct lock_npm_package *packages;
};

static int fetch_one(void *context, size_t index, struct error **err)
{
	struct tarballs *t = context;
	const struct npm_package *p = &t->tree->items[t->unique[index]];
	struct lock_npm_package *locked = &t->packages[t->unique[index]];
	int r = fetch_tarball(t->options, p->source, &p->integrity, &locked->sha256, &locked->size,
			      err);

	if (r < 0)
		return error_wrap(err, r, "package '%s' %s", p->location, p->version);
	progress_add(t->options->progress, 1);
	return 0;
}

/* first[i]: the first package with the tarball of package i; they follow in *unique. How many those are. */
static size_t find_unique(const struct npm_lock *l, size_t *first, size_t *unique)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		size_t k = 0;

		while (k < n &&
		       !digest_equal(&l->items[unique[k]].integrity, &l->items[i].integrity))
			k++;
		if (k == n)
			unique[n++] = i;
		first[i] = unique[k];
	}
	return n;
}

static int fetch_tree(const struct lock_npm_options *o, const struct npm_lock *l,
		      struct lock_component *ret, struct error **err)
{
	_cleanup_free_ size_t *first = calloc(l->n, sizeof *first);
	_cleanup_free_ size_t *unique = calloc(l->n, sizeof *unique);
	size_t n = first && unique ? find_unique(l, first, unique) : 0;
	struct tarballs t = {o, l, unique, ret->packages};
	int r;

	if (n == 0)
		return error_oom(err);
	progress_begin(o->progress, "npm packages", n, false);
	r = parallel_for(n, FETCH_CONNECTIONS, fetch_one, &t, err);
	if (r < 0)
		return r;
	progress_end(o->progress, NULL);
	for (size_t i = 0; i < l->n; i++) {
		ret->packages[i].sha256 = ret->packages[first[i]].sha256;
		ret->packages[i].size = ret->packages[first[i]].size;
	}
	return 0;
}

static int name_packages(const struct npm_lock *l, struct lock_component *ret, struct error **err)
{
	ret->packages = calloc(l->n, sizeof *ret->packages);
	if (!ret->packages)
		return error_oom(err);
	ret->n_packages = ret->packages_capacity = l->n;
	for (size_t i = 0; i < l->n; i++) {
		const struct npm_package *p = &l->items[i];
		struct lock_npm_package *locked = &ret->packages[i];

		locked->location = strdup(p->location);
		locked->version = strdup(p->version);
		locked->source = strdup(p->source);
		locked->licence = strdup(p->licence ? p->licence : LICENCE_UNKNOWN);
		if (!locked->location || !locked->version || !locked->source || !locked->licence)
			return error_oom(err);
	}
	return 0;
}

int lock_npm_tree(const struct lock_npm_options *o, const struct component *c,
		  struct lock_component *ret, struct error **err)
{
	_cleanup_(npm_lock_release) struct npm_lock l = {0};
	const struct npm_platform platform = npm_platform_of(o->architecture);
	int r = npm_lock_parse(span_string(c->npm_lock), &platform, &l, err);

	if (r >= 0)
		r = check_version(&l, c, err);
	if (r >= 0)
		r = name_packages(&l, ret, err);
	if (r >= 0)
		r = fetch_tree(o, &l, ret, err);
	if (r < 0)
		return error_wrap(err, r, "%s", c->source);
	ret->source = strdup(path_basename(c->source));
	ret->size = strlen(c->npm_lock);
	ret->sha256 = digest_bytes(DIGEST_SHA256, span_string(c->npm_lock));
	return ret->source ? 0 : error_oom(err);
}
