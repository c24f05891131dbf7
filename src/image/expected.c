#include "image/expected.h"

#include <errno.h>

#include "base/file.h"

void expected_release(struct expected *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->items[i].name);
	free(e->items);
	*e = (struct expected){0};
}

int expected_read(const char *path, struct published *ret, struct buffer *text, struct error **err)
{
	_cleanup_(buffer_release) struct buffer own = BUFFER_INIT(PUBLISHED_MAX);
	struct buffer *b = text ? text : &own;
	int r = file_read(path, PUBLISHED_MAX, b, err);

	if (r < 0)
		return r;
	r = published_parse(buffer_span(b), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static int compare_one(const char *directory, const char *name, const struct digest *wanted,
		       struct expected *e, struct error **err)
{
	_cleanup_free_ char *path = path_join(directory, name);
	struct expected_item *item = &e->items[e->n];
	uint64_t size;
	int r = 0;

	*item = (struct expected_item){.name = strdup(name), .state = EXPECTED_ABSENT};
	if (!path || !item->name) {
		free(item->name);
		return error_oom(err);
	}
	e->n++;
	if (path_is_absent(path)) {
		e->equal = false;
		return 0;
	}
	r = digest_file(path, DIGEST_SHA256, &item->found, &size, err);
	if (r < 0)
		return r;
	item->state = digest_equal(&item->found, wanted) ? EXPECTED_EQUAL : EXPECTED_OTHER;
	e->equal &= item->state == EXPECTED_EQUAL;
	return 0;
}

int expected_compare(const struct published *p, struct span text, const char *directory,
		     struct expected *ret, struct error **err)
{
	_cleanup_(expected_release) struct expected e = {.equal = true};
	struct digest document = digest_bytes(DIGEST_SHA256, text);
	int r = 0;

	e.items = calloc(p->n_artefacts + 1, sizeof *e.items);
	if (!e.items)
		return error_oom(err);
	for (size_t i = 0; r >= 0 && i < p->n_artefacts; i++)
		r = compare_one(directory, p->artefacts[i].name, &p->artefacts[i].sha256, &e, err);
	if (r >= 0)
		r = compare_one(directory, p->is_manifest ? "manifest.json" : "measurements.json",
				&document, &e, err);
	if (r < 0)
		return r;
	*ret = e;
	e = (struct expected){0};
	return 0;
}

int expected_require(const struct published *p, const struct expected *e, const char *directory,
		     const char *path, struct error **err)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct expected_item *item = &e->items[i];
		const struct published_artefact *a = published_find(p, item->name);
		char found[DIGEST_HEX_MAX], wanted[DIGEST_HEX_MAX];

		if (item->state == EXPECTED_EQUAL)
			continue;
		if (item->state == EXPECTED_ABSENT)
			return error_set(err, -ERROR_REFUSED, "%s has '%s', which %s has not", path,
					 item->name, directory);
		digest_hex(&item->found, found);
		if (!a)
			return error_set(err, -ERROR_REFUSED,
					 "%s/%s has other bytes than %s, though all artefacts "
					 "are the same",
					 directory, item->name, path);
		digest_hex(&a->sha256, wanted);
		return error_set(err, -ERROR_REFUSED,
				 "%s/%s is another than in %s: sha256 %s, not %s", directory,
				 item->name, path, found, wanted);
	}
	return 0;
}

static const struct digest *find_locked(const struct lock *lock, bool debug,
					const struct published_package *p)
{
	static const enum lock_set_kind kinds[] = {LOCK_IMAGE, LOCK_DEBUG};

	for (size_t i = 0; !p->architecture && i < lock->n_components; i++) {
		if (string_equal(lock->components[i].name, p->name))
			return &lock->components[i].sha256;
	}
	for (size_t k = 0; p->architecture && k < (debug ? 2 : 1); k++) {
		const struct lock_set *set = &lock->sets[kinds[k]];

		for (size_t i = 0; i < set->n; i++) {
			if (string_equal(set->items[i].name, p->name) &&
			    string_equal(set->items[i].architecture, p->architecture))
				return &set->items[i].sha256;
		}
	}
	return NULL;
}

int expected_check_lock(const struct published *p, const struct lock *lock,
			const struct digest *lock_sha256, struct error **err)
{
	size_t locked = lock->sets[LOCK_IMAGE].n + lock->n_components +
			(p->debug ? lock->sets[LOCK_DEBUG].n : 0);

	if (!p->is_manifest)
		return 0;
	for (size_t i = 0; i < p->n_packages; i++) {
		const struct published_package *item = &p->packages[i];
		const struct digest *found = find_locked(lock, p->debug, item);

		if (!found || !digest_equal(found, &item->sha256))
			return error_set(err, -ERROR_REFUSED,
					 "the lock is not the image's: it has %s '%s' %s",
					 found ? "another" : "no", item->name, item->version);
	}
	if (p->n_packages != locked)
		return error_set(err, -ERROR_REFUSED,
				 "the lock is not the image's: it has %zu packages, the image %zu",
				 locked, p->n_packages);
	if (p->has_lock && !digest_equal(&p->lock_sha256, lock_sha256))
		return error_set(err, -ERROR_REFUSED,
				 "the lock is not the image's: it has the same packages, and other "
				 "build tools or firmware");
	return 0;
}
