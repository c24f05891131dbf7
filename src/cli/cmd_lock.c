#include "cli/command.h"

#include <getopt.h>

#include "base/file.h"
#include "cli/lock_age.h"
#include "packages/lock_make.h"

static const char default_keyring[] = "/usr/share/keyrings/debian-archive-keyring.gpg";

static const char help[] =
	"usage: tdnode lock IMAGE [options]\n"
	"\n"
	"Resolves an image's packages and pins them: writes images/IMAGE/image.lock. The "
	"archive's\n"
	"package lists are accepted only under a valid, current signature of Debian's keys.\n"
	"\n"
	"  --output FILE     where the lock goes (images/IMAGE/image.lock)\n"
	"  --images DIR      folder of recipes (images)\n"
	"  --store DIR       folder of downloads (~/.cache/tdnode)\n"
	"  --mirror URL      where to download from, e.g. http://deb.debian.org/debian; the last "
	"part\n"
	"                    of the path names the archive; may be given several times\n"
	"  --keyring FILE    archive keys ("
	"/usr/share/keyrings/debian-archive-keyring.gpg)\n"
	"  --allow-older     take lists that are older than those of the lock that is replaced\n"
	"  --quiet           no progress\n"
	"\n"
	"example: tdnode lock devnet\n";

struct lock_arguments {
	const char *image;
	const char *output;
	const char *images;
	const char *store;
	const char *keyring;
	struct string_list mirrors;
	bool allow_older;
	bool quiet;
};

enum {
	OPTION_OUTPUT = 256,
	OPTION_IMAGES,
	OPTION_STORE,
	OPTION_MIRROR,
	OPTION_KEYRING,
	OPTION_ALLOW_OLDER,
	OPTION_QUIET,
};

static const struct option long_options[] = {
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"images", required_argument, NULL, OPTION_IMAGES},
	{"store", required_argument, NULL, OPTION_STORE},
	{"mirror", required_argument, NULL, OPTION_MIRROR},
	{"keyring", required_argument, NULL, OPTION_KEYRING},
	{"allow-older", no_argument, NULL, OPTION_ALLOW_OLDER},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{0},
};

static int parse_arguments(int argc, char **argv, struct lock_arguments *a, struct error **err)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_OUTPUT:
			a->output = optarg;
			break;
		case OPTION_IMAGES:
			a->images = optarg;
			break;
		case OPTION_STORE:
			a->store = optarg;
			break;
		case OPTION_MIRROR:
			if (string_list_add(&a->mirrors, optarg) < 0)
				return error_oom(err);
			break;
		case OPTION_KEYRING:
			a->keyring = optarg;
			break;
		case OPTION_ALLOW_OLDER:
			a->allow_older = true;
			break;
		case OPTION_QUIET:
			a->quiet = true;
			break;
		default:
			return command_bad_option(option, argv, err);
		}
	}
	if (argc - optind != 1)
		return error_set(err, -ERROR_USAGE, "usage: tdnode lock IMAGE [options]");
	a->image = argv[optind];
	return 0;
}

/* *ret_exists: there is a lock at `path` that the new one may not be older than. */
static int read_before(const struct lock_arguments *a, const char *path, struct lock *ret,
		       bool *ret_exists, struct error **err)
{
	int r;

	if (a->allow_older || !path_exists(path))
		return 0;
	r = lock_read(path, ret, err);
	if (r < 0)
		return error_wrap(
			err, r,
			"the lock that is to be replaced cannot be read (remove it, or use "
			"--allow-older, to do without its dates)");
	*ret_exists = true;
	return 0;
}

static int write_lock(const char *path, struct lock *l, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOCK_MAX);
	int r = lock_format(l, &text, err);

	if (r >= 0)
		r = file_write(path, buffer_span(&text), err);
	if (r < 0)
		return r;
	printf("%s: %zu packages in the image, %zu for debug, %zu in the build root, %zu firmware, "
	       "%zu components\n",
	       path, l->sets[LOCK_IMAGE].n, l->sets[LOCK_DEBUG].n, l->sets[LOCK_BUILD_ROOT].n,
	       l->sets[LOCK_FIRMWARE].n, l->n_components);
	return 0;
}

static int lock_image(const struct lock_arguments *a, struct error **err)
{
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a->quiet);
	_cleanup_(recipe_release) struct recipe recipe = {0};
	_cleanup_(store_release) struct store store = {0};
	_cleanup_(mirrors_release) struct mirrors mirrors = {0};
	_cleanup_(http_client_freep) struct http_client *http = NULL;
	_cleanup_(lock_release) struct lock l = {0}, before = {0};
	_cleanup_free_ char *path = NULL;
	bool exists = false;
	int r = recipe_read(a->images, a->image, &recipe, err);

	if (r < 0)
		return r;
	path = a->output ? strdup(a->output) : path_join(recipe.directory, "image.lock");
	r = path ? read_before(a, path, &before, &exists, err) : error_oom(err);
	if (r >= 0)
		r = store_open(a->store, &store, err);
	store.notes = progress;
	if (r >= 0)
		r = mirrors_read(&a->mirrors, &mirrors, err);
	if (r >= 0)
		r = http_client_new(a->mirrors.n > 0, &http, err);
	if (r < 0)
		return r;

	const struct lock_make_options options = {
		.recipe = &recipe,
		.store = &store,
		.mirrors = &mirrors,
		.http = http,
		.keyring = a->keyring,
		.now = time(NULL),
		.before = exists ? &before : NULL,
		.progress = progress,
	};

	r = lock_make(&options, &l, err);
	if (r >= 0)
		r = write_lock(path, &l, err);
	if (r < 0)
		return r;
	lock_age_warn(path, lock_date(&l), "do the mirrors still receive updates?");
	return 0;
}

static int run_lock(int argc, char **argv, struct error **err)
{
	struct lock_arguments a = {.images = "images", .keyring = default_keyring};
	int r = parse_arguments(argc, argv, &a, err);

	if (r >= 0)
		r = lock_image(&a, err);
	string_list_release(&a.mirrors);
	return r;
}

const struct command command_lock = {
	.name = "lock",
	.summary = "resolve an image's packages and pin them",
	.help = help,
	.run = run_lock,
};
