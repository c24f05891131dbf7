#include "packages/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/parallel.h"
#include "base/shortage.h"

/* One blob that the store lacks. */
struct wanted {
	const char *kind; /* "package", "component", "npm package" */
	const char *name;
	const char *version;
	const char *path; /* below a mirror or registry; for a component of kind url: NULL */
	uint64_t size;
	const struct digest *sha256;
	struct string_list addresses; /* whole ones, best first */
};

struct wanted_list {
	struct wanted *items;
	size_t n, capacity;
};

static void wanted_list_release(struct wanted_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		string_list_release(&l->items[i].addresses);
	free(l->items);
}

static const char *archive_timestamp(const struct lock *l, const char *name)
{
	for (size_t i = 0; i < l->n_archives; i++) {
		if (string_equal(l->archives[i].name, name))
			return l->archives[i].timestamp;
	}
	return NULL;
}

/* The address of a path: "+" and the like are legal in paths, but "%" and "~" are not always. */
static char *address_of(const char *base, const char *path)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/-._~@!$&'()*,;=:+";

	buffer_put_string(&b, base);
	buffer_put_u8(&b, '/');
	for (const char *p = path; *p; p++) {
		if (strchr(plain, *p))
			buffer_put_u8(&b, (uint8_t)*p);
		else
			buffer_printf(&b, "%%%02X", (uint8_t)*p);
	}
	return buffer_ok(&b) ? buffer_steal_text(&b) : NULL;
}

static struct wanted *add_wanted(struct wanted_list *l, struct wanted w)
{
	if (array_reserve(&l->items, &l->capacity, l->n + 1, sizeof *l->items) < 0)
		return NULL;
	l->items[l->n] = w;
	return &l->items[l->n++];
}

static int want_package(const struct fetch_options *o, const struct lock_package *p,
			struct wanted_list *l, struct error **err)
{
	_cleanup_(string_list_release) struct string_list bases = {0};
	struct wanted *w;
	int r;

	if (store_has_blob(o->store, &p->sha256, p->size))
		return 0;
	w = add_wanted(l, (struct wanted){.kind = "package",
					  .name = p->name,
					  .version = p->version,
					  .path = p->path,
					  .size = p->size,
					  .sha256 = &p->sha256});
	if (!w)
		return error_oom(err);
	r = mirrors_for_archive(o->mirrors, p->archive, archive_timestamp(o->lock, p->archive),
				&bases, err);
	for (size_t i = 0; r >= 0 && i < bases.n; i++) {
		if (string_list_take(&w->addresses, address_of(bases.items[i], p->path)) < 0)
			r = error_oom(err);
	}
	return r;
}

static bool is_wanted(const struct wanted_list *l, const struct digest *sha256)
{
	for (size_t i = 0; i < l->n; i++) {
		if (digest_equal(l->items[i].sha256, sha256))
			return true;
	}
	return false;
}

/* The packages of an npm tree. One that is installed in several places is one file. */
static int want_npm_packages(const struct fetch_options *o, const struct lock_component *c,
			     struct wanted_list *l, struct error **err)
{
	for (size_t i = 0; i < c->n_packages; i++) {
		const struct lock_npm_package *p = &c->packages[i];
		struct wanted *w;

		if (store_has_blob(o->store, &p->sha256, p->size) || is_wanted(l, &p->sha256))
			continue;
		w = add_wanted(l, (struct wanted){.kind = "npm package",
						  .name = p->location,
						  .version = p->version,
						  .path = p->source,
						  .size = p->size,
						  .sha256 = &p->sha256});
		if (!w || string_list_take(&w->addresses,
					   address_of(o->mirrors->npm_registry, p->source)) < 0)
			return error_oom(err);
	}
	return 0;
}

static int want_component(const struct fetch_options *o, const struct lock_component *c,
			  struct wanted_list *l, struct error **err)
{
	struct wanted *w;
	char *address;

	if (lock_component_is(c, "npm-lock"))
		return want_npm_packages(o, c, l, err);
	if (store_has_blob(o->store, &c->sha256, c->size))
		return 0;
	if (string_equal(c->kind, "file"))
		return error_set(
			err, -ENOENT,
			"component '%s' is a local file that this store does not have: run "
			"'tdnode lock %s' where the file '%s' is, or give it with --component "
			"%s=FILE",
			c->name, o->lock->image, c->source, c->name);
	w = add_wanted(l, (struct wanted){.kind = "component",
					  .name = c->name,
					  .version = c->version,
					  .path = c->source,
					  .size = c->size,
					  .sha256 = &c->sha256});
	if (!w)
		return error_oom(err);
	address = string_equal(c->kind, "npm") ? address_of(o->mirrors->npm_registry, c->source)
					       : strdup(c->source);
	return string_list_take(&w->addresses, address) < 0 ? error_oom(err) : 0;
}

static int find_wanted(const struct fetch_options *o, struct wanted_list *l, struct error **err)
{
	int r = 0;

	for (size_t k = 0; k < LOCK_SETS_; k++) {
		const struct lock_set *set = &o->lock->sets[k];

		for (size_t i = 0; r >= 0 && o->sets[k] && i < set->n; i++)
			r = want_package(o, &set->items[i], l, err);
	}
	for (size_t i = 0; r >= 0 && i < o->lock->n_components; i++)
		r = want_component(o, &o->lock->components[i], l, err);
	return r;
}

struct fetching {
	const struct fetch_options *options;
	const struct wanted_list *wanted;
	struct http_client *http;
};

/* Opens what an earlier download left, or nothing, under the file's lock. */
static int open_partial(const char *path, int *ret_fd, uint64_t *ret_size, struct error **err)
{
	struct stat st;
	int fd;
	int r = file_lock(path, &fd, err);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0) {
		r = error_errno(err, errno, "%s", path);
		close(fd);
		return r;
	}
	*ret_fd = fd;
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

/* One attempt at one address. A file of wrong bytes is removed by store_adopt(). */
static int fetch_from(const struct fetching *f, const struct wanted *w, const char *address,
		      struct error **err)
{
	_cleanup_free_ char *path = store_partial_path(f->options->store, w->sha256);
	_cleanup_close_ int fd = -1;
	uint64_t offset = 0;
	int r = path ? open_partial(path, &fd, &offset, err) : error_oom(err);

	if (r < 0)
		return r;
	/* Another process may have finished it while this one waited for the lock. */
	if (store_has_blob(f->options->store, w->sha256, w->size))
		return unlink(path) < 0 && errno != ENOENT ? error_errno(err, errno, "%s", path)
							   : 0;
	if (offset > w->size) {
		if (ftruncate(fd, 0) < 0)
			return error_errno(err, errno, "%s", path);
		offset = 0;
	}
	if (offset < w->size) {
		r = http_download(f->http, address, fd, w->size, &offset, f->options->progress,
				  err);
		if (r < 0)
			return r;
	}
	r = store_adopt(f->options->store, path, w->sha256, w->size, err);
	return r < 0 ? error_wrap(err, r, "%s", address) : 0;
}

/* A release file lies at one address; it can come from anywhere. */
static int release_is_missing(const struct wanted *w, const char *why, int code, struct error **err)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(w->sha256, hex);
	return error_set(err, code,
			 "component '%s' %s %s\n"
			 "Its file is %s, SHA-256 %s, %llu bytes. Give it with --component "
			 "%s=FILE, or build once where that address can be reached: the store "
			 "keeps it.",
			 w->name, w->version, why, w->addresses.items[0], hex,
			 (unsigned long long)w->size, w->name);
}

static bool is_release(const struct wanted *w)
{
	return string_equal(w->kind, "component") && string_equal(w->addresses.items[0], w->path);
}

static int gone(const struct fetching *f, const struct wanted *w, const struct error *last,
		int code, struct error **err)
{
	if (is_release(w)) {
		_cleanup_free_ char *why =
			string_printf("cannot be fetched: %s", error_message(last));

		return why ? release_is_missing(w, why, code, err) : error_oom(err);
	}
	return error_set(
		err, code,
		"%s '%s' %s cannot be fetched from any of %zu places; the last said: %s\n"
		"If the mirrors no longer carry it, make a fresh lock with 'tdnode lock %s', or "
		"name a mirror that does with --mirror.",
		w->kind, w->name, w->version, w->addresses.n,
		last ? error_message(last) : "no mirror is known", f->options->lock->image);
}

static int fetch_one(void *context, size_t index, struct error **err)
{
	struct fetching *f = context;
	const struct wanted *w = &f->wanted->items[index];
	_cleanup_error_ struct error *last = NULL;
	int r = -ENOENT;

	for (size_t i = 0; i < w->addresses.n; i++) {
		error_free(TAKE_PTR(last));
		r = fetch_from(f, w, w->addresses.items[i], &last);
		if (r >= 0)
			return 0;
		/* Nothing that another mirror could help with. */
		if (shortage_is(r))
			return error_set(err, r, "%s '%s' %s: %s: store '%s'", w->kind, w->name,
					 w->version, error_message(last), f->options->store->path);
	}
	return gone(f, w, last, r, err);
}

int fetch_lock(const struct fetch_options *options, struct error **err)
{
	_cleanup_(wanted_list_release) struct wanted_list wanted = {0};
	_cleanup_(http_client_freep) struct http_client *http = NULL;
	uint64_t total = 0;
	int r = find_wanted(options, &wanted, err);

	if (r < 0 || wanted.n == 0)
		return r;
	if (options->offline && is_release(&wanted.items[0]))
		return release_is_missing(&wanted.items[0], "is not in the store", -ENOENT, err);
	if (options->offline)
		return error_set(
			err, -ENOENT,
			"%zu files of the lock are not in the store, the first is %s '%s' %s: "
			"build once without --offline",
			wanted.n, wanted.items[0].kind, wanted.items[0].name,
			wanted.items[0].version);
	for (size_t i = 0; i < wanted.n; i++)
		total += wanted.items[i].size;
	r = http_client_new(options->mirrors->given.n > 0, &http, err);
	if (r < 0)
		return r;

	struct fetching f = {options, &wanted, http};

	progress_begin(options->progress, "download", total, true);
	r = parallel_for(wanted.n, FETCH_CONNECTIONS, fetch_one, &f, err);
	if (r >= 0)
		progress_end(options->progress, NULL);
	return r;
}

int fetch_file(const struct store *s, struct http_client *http, const char *url, const char *name,
	       uint64_t max, struct progress *progress, char **ret_path, struct error **err)
{
	_cleanup_free_ char *path = string_printf("%s/" STORE_PARTIAL "/%s", s->path, name);
	_cleanup_close_ int fd = -1;
	uint64_t offset = 0;
	int r = path ? open_partial(path, &fd, &offset, err) : error_oom(err);

	if (r < 0)
		return r;
	/* Without a digest nothing says that an old part belongs to this file. */
	if (ftruncate(fd, 0) < 0)
		return error_errno(err, errno, "%s", path);
	offset = 0;
	r = http_download(http, url, fd, max, &offset, progress, err);
	if (r < 0)
		return r;
	*ret_path = TAKE_PTR(path);
	return 0;
}
