#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <time.h>

#include "base/file.h"
#include "image/build_root.h"
#include "packages/store_audit.h"
#include "packages/unpack.h"

#define STEPS_DAYS 7
#define DAYS_MAX 36500

static const char help[] =
	"usage: tdnode store verify [options]\n"
	"       tdnode store gc [options]\n"
	"\n"
	"verify hashes everything in the store and says what is damaged; builds throw that away "
	"and\n"
	"make it again. gc removes what no lock in the folder of recipes names, steps that no "
	"build\n"
	"used for some days, and leftovers, and says what that frees.\n"
	"\n"
	"  --store DIR       the store (~/.cache/tdnode)\n"
	"  --images DIR      gc: folder of recipes (images)\n"
	"  --lock FILE       gc: keep what this lock names, too; may be given several times\n"
	"  --unused-days N   gc: remove steps that were not used for N days (7)\n"
	"  --dry-run         gc: remove nothing, say what would go\n"
	"  --quiet           no progress\n"
	"\n"
	"exit status of verify: 0 all is as it should be, 3 something is damaged, 1 it cannot be "
	"told\n"
	"\n"
	"example: tdnode store gc --dry-run\n";

struct store_arguments {
	const char *action;
	const char *store;
	const char *images;
	struct string_list locks;
	uint64_t unused_days;
	bool dry_run;
	bool quiet;
	bool of_gc; /* an option of gc was given */
};

enum {
	OPTION_STORE = 256,
	OPTION_QUIET,
	OPTION_IMAGES, /* from here on: of gc */
	OPTION_LOCK,
	OPTION_UNUSED_DAYS,
	OPTION_DRY_RUN,
};

static const struct option long_options[] = {
	{"store", required_argument, NULL, OPTION_STORE},
	{"images", required_argument, NULL, OPTION_IMAGES},
	{"lock", required_argument, NULL, OPTION_LOCK},
	{"unused-days", required_argument, NULL, OPTION_UNUSED_DAYS},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{0},
};

static int apply_option(int option, char **argv, struct store_arguments *a, struct error **err)
{
	switch (option) {
	case OPTION_STORE:
		a->store = optarg;
		return 0;
	case OPTION_IMAGES:
		a->images = optarg;
		return 0;
	case OPTION_LOCK:
		return string_list_add(&a->locks, optarg) < 0 ? error_oom(err) : 0;
	case OPTION_UNUSED_DAYS:
		if (!parse_u64(span_string(optarg), DAYS_MAX, &a->unused_days))
			return error_set(err, -ERROR_USAGE,
					 "--unused-days '%s' is no number of days", optarg);
		return 0;
	case OPTION_DRY_RUN:
		a->dry_run = true;
		return 0;
	case OPTION_QUIET:
		a->quiet = true;
		return 0;
	default:
		return command_bad_option(option, argv, err);
	}
}

static int parse_arguments(int argc, char **argv, struct store_arguments *a, struct error **err)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		int r = apply_option(option, argv, a, err);

		if (r < 0)
			return r;
		a->of_gc |= option >= OPTION_IMAGES;
	}
	a->action = argc - optind == 1 ? argv[optind] : "";
	if (!string_equal(a->action, "gc") && !string_equal(a->action, "verify"))
		return error_set(err, -ERROR_USAGE, "usage: tdnode store verify|gc [options]");
	if (a->of_gc && !string_equal(a->action, "gc"))
		return error_set(err, -ERROR_USAGE, "tdnode store verify takes no option of gc");
	return 0;
}

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
	for (size_t i = 0; r >= 0 && i < l.n_components; i++)
		r = keep_download(o, &l.components[i].sha256, err);
	if (r >= 0)
		r = build_root_key(&l.sets[LOCK_BUILD_ROOT], &root, err);
	if (r < 0)
		return r;
	digest_hex(&root, hex);
	return keep(o, STORE_ROOTS, strdup(hex), err);
}

/* *ret_n: how many locks there are. One that cannot be read is an error: what it names would go. */
static int keep_images(const struct store_arguments *a, struct store_gc_options *o, size_t *ret_n,
		       struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	size_t n = 0;
	int r = directory_list(a->images, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *path =
			string_printf("%s/%s/image.lock", a->images, names.items[i]);

		if (!path)
			return error_oom(err);
		if (!path_exists(path))
			continue;
		r = keep_lock(o, path, err);
		n++;
	}
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
			"no lock in '%s': nothing would be left; to have no store, remove '%s'",
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
	struct store_arguments a = {.images = "images", .unused_days = STEPS_DAYS};
	_cleanup_(store_release) struct store store = {0};
	int r = parse_arguments(argc, argv, &a, err);

	if (r >= 0)
		r = store_open(a.store, &store, err);
	if (r >= 0)
		r = string_equal(a.action, "gc") ? gc(&a, &store, err) : verify(&a, &store, err);
	string_list_release(&a.locks);
	return r;
}

const struct command command_store = {
	.name = "store",
	.summary = "verify the store, or free what it no longer needs",
	.help = help,
	.run = run_store,
};
