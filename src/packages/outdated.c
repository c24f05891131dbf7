#include "packages/outdated.h"

#include <errno.h>

#include "base/file.h"
#include "formats/decompress.h"
#include "packages/package_stanza.h"
#include "packages/resolve.h"

#define SECURITY_SUFFIX "-security"
#define KERNEL_PREFIX "linux-image-"

static void candidate_release(struct candidate *c)
{
	free(c->name);
	free(c->version);
	free(c->path);
	*c = (struct candidate){0};
}

void outdated_release(struct outdated *o)
{
	for (size_t i = 0; i < o->n; i++) {
		candidate_release(&o->items[i].newest);
		candidate_release(&o->items[i].security);
	}
	free(o->items);
	*o = (struct outdated){0};
}

/* One search through the lists. */
struct search {
	const struct archive_suite *suite;
	struct resolver *versions; /* compares them */
	struct outdated *found;
	size_t *order;	    /* indices of items, by name */
	const char *kernel; /* a meta package whose dependency names the kernel; NULL: none */
	/* The kernel that the newest meta package asks for, of all suites and of the security suite. */
	struct candidate meta, security_meta;
};

static int compare_names(const void *a, const void *b, void *context)
{
	const struct outdated *o = context;
	const struct outdated_item *x = &o->items[*(const size_t *)a];
	const struct outdated_item *y = &o->items[*(const size_t *)b];

	return strcmp(x->package->name, y->package->name);
}

/* The first place in `order` whose name is not before the span. */
static size_t lower_bound(const struct search *s, struct span name)
{
	size_t low = 0, high = s->found->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct outdated_item *item = &s->found->items[s->order[middle]];

		if (span_compare_string(name, item->package->name) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int take_candidate(const struct search *s, const struct package_stanza *z, struct span name,
			  struct candidate *ret, struct error **err)
{
	_cleanup_free_ char *sha256 = span_to_string(z->sha256);
	struct candidate c = {
		.name = span_to_string(name),
		.version = span_to_string(z->version),
		.suite = s->suite->suite,
		.archive = s->suite->archive,
		.path = span_to_string(z->filename),
	};

	if (!c.name || !c.version || !c.path || !sha256 || !path_is_confined(c.path) ||
	    !parse_u64(z->size, INT64_MAX, &c.size) ||
	    !digest_parse(DIGEST_SHA256, sha256, &c.sha256)) {
		candidate_release(&c);
		return error_set(err, -ERROR_MALFORMED,
				 "stanza of '%.*s': no proper Version, Filename, Size and SHA256",
				 (int)MIN(z->package.n, 200u), (const char *)z->package.p);
	}
	candidate_release(ret);
	*ret = c;
	return 0;
}

/* Takes the stanza in place of *best if it is newer than that and than `locked` (which may be NULL). */
static int consider(const struct search *s, const struct package_stanza *z, struct span name,
		    const char *locked, struct candidate *best, struct error **err)
{
	_cleanup_free_ char *version = span_to_string(z->version);

	if (!version)
		return error_set(err, -ERROR_MALFORMED, "stanza without a proper Version");
	if ((locked && resolver_compare_versions(s->versions, version, locked) <= 0) ||
	    (best->version && resolver_compare_versions(s->versions, version, best->version) <= 0))
		return 0;
	return take_candidate(s, z, name, best, err);
}

static bool is_security(const struct search *s)
{
	return string_ends(s->suite->suite, SECURITY_SUFFIX);
}

static int consider_item(const struct search *s, const struct package_stanza *z,
			 struct outdated_item *item, struct error **err)
{
	const char *locked = item->package->version;
	int r;

	if (span_compare_string(z->architecture, item->package->architecture) != 0 &&
	    !span_equal(z->architecture, SPAN_LITERAL("all")))
		return 0;
	if (span_compare_string(z->version, locked) == 0)
		item->gone = false;
	r = consider(s, z, z->package, locked, &item->newest, err);
	if (r >= 0 && is_security(s))
		r = consider(s, z, z->package, locked, &item->security, err);
	return r;
}

/* "linux-image-6.12.118+deb13-cloud-amd64" of what the meta package depends on. */
static struct span kernel_name(struct span depends)
{
	size_t at, n = 0;

	if (!span_find(depends, SPAN_LITERAL(KERNEL_PREFIX), &at))
		return (struct span){0};
	depends = span_skip(depends, at);
	while (n < depends.n && depends.p[n] != ' ' && depends.p[n] != ',' && depends.p[n] != '(')
		n++;
	return SPAN(depends.p, n);
}

static int consider_meta(struct search *s, const struct package_stanza *z, struct error **err)
{
	struct span name = kernel_name(z->depends);
	int r;

	if (!s->kernel || span_compare_string(z->package, s->kernel) != 0 || name.n == 0)
		return 0;
	r = consider(s, z, name, NULL, &s->meta, err);
	if (r >= 0 && is_security(s))
		r = consider(s, z, name, NULL, &s->security_meta, err);
	return r;
}

/* The kernels that the newest meta packages ask for, under their own name. */
static int consider_kernel(struct search *s, const struct package_stanza *z,
			   struct outdated_item *kernel, struct error **err)
{
	const char *locked = kernel->package->version;
	int r = 0;

	if (s->meta.name && span_compare_string(z->package, s->meta.name) == 0)
		r = consider(s, z, z->package, locked, &kernel->newest, err);
	if (r >= 0 && s->security_meta.name && is_security(s) &&
	    span_compare_string(z->package, s->security_meta.name) == 0)
		r = consider(s, z, z->package, locked, &kernel->security, err);
	return r;
}

static struct outdated_item *find_kernel(const struct search *s)
{
	for (size_t i = 0; i < s->found->n; i++) {
		struct outdated_item *item = &s->found->items[i];

		if (item->set == LOCK_IMAGE && string_starts(item->package->name, KERNEL_PREFIX))
			return item;
	}
	return NULL;
}

/* Of two passes the first looks for packages and meta packages, the second for the kernels these name. */
static int search_list(struct search *s, struct span text, bool kernels, struct error **err)
{
	struct outdated_item *kernel = find_kernel(s);
	struct reader reader = reader_init(text);
	struct package_stanza z;
	int r = 0;

	while (r >= 0 && package_stanza_next(&reader, &z)) {
		if (z.package.n == 0)
			continue;
		if (kernels) {
			if (kernel)
				r = consider_kernel(s, &z, kernel, err);
			continue;
		}
		for (size_t i = lower_bound(s, z.package); r >= 0 && i < s->found->n; i++) {
			struct outdated_item *item = &s->found->items[s->order[i]];

			if (span_compare_string(z.package, item->package->name) != 0)
				break;
			r = consider_item(s, &z, item, err);
		}
		if (r >= 0)
			r = consider_meta(s, &z, err);
	}
	return r;
}

struct texts {
	struct buffer *items;
	size_t n;
};

static void texts_release(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		buffer_release(&t->items[i]);
	free(t->items);
}

/* All lists, unpacked, in the order of suites and their lists. */
static int read_texts(const struct archive_lists *lists, struct texts *ret, struct error **err)
{
	size_t n = 0;

	for (size_t i = 0; i < lists->n; i++)
		n += lists->items[i].packages.n;
	ret->items = calloc(n + 1, sizeof *ret->items);
	if (!ret->items)
		return error_oom(err);
	for (size_t i = 0; i < lists->n; i++) {
		for (size_t k = 0; k < lists->items[i].packages.n; k++) {
			_cleanup_(file_map_release) struct file_map map = {0};
			struct buffer *text = &ret->items[ret->n++];
			int r;

			*text = (struct buffer)BUFFER_INIT(ARCHIVE_PACKAGES_MAX);
			r = file_map(lists->items[i].packages.items[k], &map, err);
			if (r >= 0)
				r = decompress(map.data, text, err);
			if (r < 0)
				return error_wrap(err, r, "package list of %s",
						  lists->items[i].suite);
		}
	}
	return 0;
}

static int search_all(struct search *s, const struct archive_lists *lists,
		      const struct texts *texts, bool kernels, struct error **err)
{
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < lists->n; i++) {
		s->suite = &lists->items[i];
		for (size_t k = 0; r >= 0 && k < lists->items[i].packages.n; k++)
			r = search_list(s, buffer_span(&texts->items[n++]), kernels, err);
		if (r < 0)
			return error_wrap(err, r, "package list of %s", s->suite->suite);
	}
	return r;
}

static int make_items(const struct lock *lock, struct outdated *ret, size_t **ret_order,
		      struct error **err)
{
	size_t n = 0;

	for (size_t k = 0; k < LOCK_SETS_; k++)
		n += lock->sets[k].n;
	ret->items = calloc(n + 1, sizeof *ret->items);
	*ret_order = calloc(n + 1, sizeof **ret_order);
	if (!ret->items || !*ret_order)
		return error_oom(err);
	for (size_t k = 0; k < LOCK_SETS_; k++) {
		for (size_t i = 0; i < lock->sets[k].n; i++) {
			(*ret_order)[ret->n] = ret->n;
			ret->items[ret->n++] = (struct outdated_item){
				.set = (enum lock_set_kind)k,
				.package = &lock->sets[k].items[i],
				.gone = true,
			};
		}
	}
	qsort_r(*ret_order, ret->n, sizeof **ret_order, compare_names, ret);
	return 0;
}

int outdated_find(const struct lock *lock, const struct recipe *recipe,
		  const struct archive_lists *lists, struct outdated *ret, struct error **err)
{
	_cleanup_(resolver_freep) struct resolver *versions = NULL;
	_cleanup_(outdated_release) struct outdated found = {0};
	_cleanup_(texts_release) struct texts texts = {0};
	_cleanup_free_ size_t *order = NULL;
	struct search s = {.found = &found, .kernel = recipe->kernel};
	int r = resolver_new(recipe->architecture, &versions, err);

	if (r >= 0)
		r = make_items(lock, &found, &order, err);
	if (r >= 0)
		r = read_texts(lists, &texts, err);
	s.versions = versions;
	s.order = order;
	if (r >= 0)
		r = search_all(&s, lists, &texts, false, err);
	if (r >= 0)
		r = search_all(&s, lists, &texts, true, err);
	candidate_release(&s.meta);
	candidate_release(&s.security_meta);
	if (r < 0)
		return r;
	*ret = found;
	found = (struct outdated){0};
	return 0;
}
