/*
 * tdnode store: whether the store is whole, and room in it.
 */
#include "cli/command.h"

#include <errno.h>
#include <time.h>

#include "base/file.h"
#include "cli/places.h"
#include "cli/shared_options.h"
#include "image/build_root.h"
#include "packages/store_audit.h"
#include "packages/unpack.h"

#define DAYS_MAX 36500

struct store_arguments {
	const char *store;
	const char *images;
	struct string_list locks;
	uint64_t unused_days;
	bool dry_run;
	bool quiet;
};

static void store_arguments_release(struct store_arguments *a)
{
	string_list_release(&a->locks);
}

enum {
	FORM_VERIFY,
	FORM_GC,
};

static const struct option_spec options[] = {
	OPTION_STORE(struct store_arguments, store),
	OPTION_IMAGES(struct store_arguments, images, .verb = "gc"),
	OPTION_LIST("lock", "FILE", struct store_arguments, locks, "keep what this lock names, too",
		    .verb = "gc"),
	OPTION_NUMBER("unused-days", "N", struct store_arguments, unused_days, 0, DAYS_MAX, NULL,
		      "remove steps that were not used for N days", .verb = "gc", .preset = "7"),
	OPTION_FLAG("dry-run", struct store_arguments, dry_run, "remove nothing, say what would go",
		    .verb = "gc"),
	OPTION_QUIET(struct store_arguments, quiet),
	OPTIONS_END,
};

/* "3 steps (1.2 MiB), 1 build root (...)"; nothing for what there is none of. */
static void print_amounts(const struct store_amount amounts[STORE_KINDS_])
{
	const char *separator = " ";

	for (size_t i = 0; i < STORE_KINDS_; i++) {
		if (amounts[i].n == 0)
			continue;
		printf("%s%s %zu (%.1f MiB)", separator, store_kind_name((enum store_kind)i),
		       amounts[i].n, (double)amounts[i].bytes / 1048576);
		separator = ", ";
	}
	puts(separator[0] == ' ' ? " nothing" : "");
}

static int verify(const struct store_arguments *a, const struct store *s, struct error **err)
{
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a->quiet);
	_cleanup_(store_verification_release) struct store_verification v = {0};
	int r = store_verify(s, progress, &v, err);

	if (r < 0)
		return r;
	printf("%s:", s->path);
	print_amounts(v.amounts);
	for (size_t i = 0; i < v.damaged.n; i++)
		printf("  damaged: %s\n", v.damaged.items[i]);
	if (v.damaged.n)
		return error_set(
			err, -ERROR_REFUSED,
			"%zu things in the store are damaged; a build that needs one throws "
			"it away and makes it again",
			v.damaged.n);
	return 0;
}

/* Takes `key`, which may be NULL where memory is out. */
static int keep(struct store_gc_options *o, const char *area, char *key, struct error **err)
{
	int r = key ? string_list_take(&o->keep, path_join(area, key)) : -ENOMEM;

	free(key);
	return r < 0 ? error_oom(err) : 0;
}

static int keep_download(struct store_gc_options *o, const struct digest *sha256,
			 struct error **err)
{
	char hex[DIGEST_HEX_MAX];
	int r;

	digest_hex(sha256, hex);
	r = keep(o, STORE_BLOBS, strdup(hex), err);
	return r < 0 ? r : keep(o, STORE_UNPACKED, unpack_key(sha256), err);
}

static int keep_lock(struct store_gc_options *o, const char *path, struct error **err)
{
	_cleanup_(lock_release) struct lock l = {0};
	char hex[DIGEST_HEX_MAX];
	struct digest root;
	int r = lock_read(path, &l, err);

	for (size_t k = 0; r >= 0 && k < LOCK_SETS_; k++) {
		for (size_t i = 0; r >= 0 && i < l.sets[k].n; i++)
			r = keep_download(o, &l.sets[k].items[i].sha256, err);
	}
	for (size_t i = 0; r >= 0 && i < l.n_components; i++) {
		const struct lock_component *c = &l.components[i];

		for (size_t k = 0; r >= 0 && k < lock_component_blobs(c); k++)
			r = keep_download(o, lock_component_blob(c, k), err);
	}
	if (r >= 0)
		r = build_root_key(&l.sets[LOCK_BUILD_ROOT], &root, err);
	if (r < 0)
		return r;
	digest_hex(&root, hex);
	return keep(o, STORE_ROOTS, strdup(hex), err);
}

/* All locks of a folder of recipes. One that cannot be read is an error: what it names would go. */
static int keep_folder(struct store_gc_options *o, const char *folder, size_t *n,
		       struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = directory_list(folder, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *path =
			string_printf("%s/%s/image.lock", folder, names.items[i]);

		if (!path)
			return error_oom(err);
		if (!path_exists(path))
			continue;
		r = keep_lock(o, path, err);
		*n += 1;
	}
	return r;
}

/* *ret_n: how many locks there are. */
static int keep_images(const struct store_arguments *a, struct store_gc_options *o, size_t *ret_n,
		       struct error **err)
{
	_cleanup_(places_release) struct places places = {0};
	size_t n = 0;
	int r = places_find(a->images, NULL, &places, err);

	/* Who builds what is installed needs no recipes of their own. */
	if (r >= 0 && (!places.images || !path_is_absent(a->images)))
		r = keep_folder(o, a->images, &n, err);
	if (r >= 0 && places.images)
		r = keep_folder(o, places.images, &n, err);
	for (size_t i = 0; r >= 0 && i < a->locks.n; i++, n++)
		r = keep_lock(o, a->locks.items[i], err);
	*ret_n = n;
	return r;
}

static int gc(const struct store_arguments *a, const struct store *s, struct error **err)
{
	struct store_gc_options o = {
		.steps_before = (int64_t)time(NULL) - (int64_t)a->unused_days * 24 * 3600,
		.dry_run = a->dry_run,
	};
	struct store_amount gone[STORE_KINDS_] = {0};
	size_t locks = 0;
	int r = keep_images(a, &o, &locks, err);

	if (r >= 0 && locks == 0)
		r = error_set(
			err, -ENOENT,
			"no lock in '%s': nothing would be kept; to drop the store, remove '%s'",
			a->images, s->path);
	if (r >= 0)
		r = store_gc(s, &o, gone, err);
	string_list_release(&o.keep);
	if (r < 0)
		return r;
	printf("%s:%s", s->path, a->dry_run ? " would remove" : " removed");
	print_amounts(gone);
	return 0;
}

static int run_store(int argc, char **argv, struct error **err)
{
	_cleanup_(store_arguments_release) struct store_arguments a = {0};
	_cleanup_(store_release) struct store store = {0};
	int form = command_parse(&command_store, argc, argv, &a, err);
	int r = form < 0 ? form : store_open(a.store, &store, err);

	if (r >= 0)
		r = form == FORM_GC ? gc(&a, &store, err) : verify(&a, &store, err);
	return r;
}

const struct command command_store = {
	.name = "store",
	.summary = "verify the store, or free what it no longer needs",
	.forms = {[FORM_VERIFY] = {.verb = "verify"}, [FORM_GC] = {.verb = "gc"}},
	.about =
		"verify hashes everything in the store and says what is damaged; builds throw that "
		"away and make it again. gc removes what no lock in the folder of recipes names, "
		"steps that no build used for some days, and leftovers, and says what that frees.",
	.options = options,
	.notes = "Exit status of verify: 0 all is as it should be, 3 something is damaged, 1 it "
		 "cannot be told.",
	.example = "tdnode store gc --dry-run",
	.run = run_store,
};
