/*
 * tdnode lock IMAGE: chooses versions and pins them.
 */
#include "cli/command.h"

#include <errno.h>

#include "base/file.h"
#include "cli/lock_age.h"
#include "cli/lock_difference.h"
#include "cli/places.h"
#include "cli/shared_options.h"
#include "packages/given_files.h"
#include "packages/lock_make.h"
#include "packages/lock_security.h"

struct lock_arguments {
	const char *image;
	const char *output;
	const char *images;
	const char *store;
	const char *keyring;
	struct string_list mirrors;
	struct string_list components;
	struct string_list signer_keys;
	const char *key_server;
	const char *only;
	bool allow_older;
	bool security;
	bool dry_run;
	bool quiet;
};

static void lock_arguments_release(struct lock_arguments *a)
{
	string_list_release(&a->mirrors);
	string_list_release(&a->components);
	string_list_release(&a->signer_keys);
}

static const struct option_spec options[] = {
	OPTION_TEXT("output", "FILE", struct lock_arguments, output,
		    "where the lock goes (images/IMAGE/image.lock)"),
	OPTION_IMAGES(struct lock_arguments, images),
	OPTION_STORE(struct lock_arguments, store),
	OPTION_MIRROR(struct lock_arguments, mirrors),
	OPTION_TEXT("keyring", "FILE", struct lock_arguments, keyring, "archive keys",
		    .preset = "/usr/share/keyrings/debian-archive-keyring.gpg"),
	OPTION_COMPONENT(struct lock_arguments, components),
	OPTION_LIST("signer-key", "FILE", struct lock_arguments, signer_keys,
		    "public keys of those who sign components"),
	OPTION_TEXT("key-server", "URL", struct lock_arguments, key_server,
		    "where to ask for such a key, e.g. https://keys.openpgp.org"),
	OPTION_TEXT("only", "NAME", struct lock_arguments, only,
		    "fetch and check this component alone, into the store; write no lock"),
	OPTION_FLAG("allow-older", struct lock_arguments, allow_older,
		    "take lists that are older than those of the lock that is replaced"),
	OPTION_FLAG("security", struct lock_arguments, security,
		    "take security updates alone: all else stays as it is locked"),
	OPTION_FLAG("dry-run", struct lock_arguments, dry_run,
		    "with --security: show what would change, and write nothing"),
	OPTION_QUIET(struct lock_arguments, quiet),
	OPTIONS_END,
};

/*
 * Where the lock goes, and the one that it replaces, which may be absent. The lock of an installed recipe goes to the
 * user's own folder, and holds there in place of the installed one.
 */
static int lock_paths(const struct lock_arguments *a, const struct recipe_folders *recipes,
		      char **ret_path, char **ret_replaced, struct error **err)
{
	_cleanup_free_ char *path = NULL, *replaced = NULL;
	int r = 0;

	path = a->output ? strdup(a->output)
			 : string_printf("%s/%s/image.lock", a->images, a->image);
	if (!path)
		return error_oom(err);
	if (!a->output)
		r = recipe_folders_find_lock(recipes, a->image, &replaced, err);
	else if (!(replaced = strdup(path)))
		r = error_oom(err);
	if (r < 0)
		return r;
	*ret_path = TAKE_PTR(path);
	*ret_replaced = TAKE_PTR(replaced);
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

static int make_own_folder(const struct lock_arguments *a, struct error **err)
{
	_cleanup_free_ char *folder = path_join(a->images, a->image);

	return folder ? directory_make(folder, err) : error_oom(err);
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

/* One component, checked and in the store. */
static int lock_only(const struct lock_make_options *o, const char *name, struct error **err)
{
	_cleanup_(lock_release) struct lock l = {0};
	int r = lock_make_component(o, name, &l, err);

	if (r < 0)
		return r;

	const struct lock_component *c = &l.components[0];
	char hex[DIGEST_HEX_MAX];

	digest_hex(&c->sha256, hex);
	printf("%s %s: sha256 %s, %llu bytes%s%s\n", c->name, c->version, hex,
	       (unsigned long long)c->size, c->signer ? ", signed by " : "",
	       c->signer ? c->signer : "");
	return 0;
}

/* Shows what changes before the lock is written. */
static int lock_updates(const struct lock_arguments *a, const struct lock_make_options *o,
			const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOCK_DIFFERENCE_MAX);
	_cleanup_(lock_release) struct lock l = {0};
	bool changed = false;
	int r = lock_security(o, &l, &changed, err);

	if (r < 0)
		return r;
	if (!changed) {
		printf("%s: no security updates\n", path);
		return 0;
	}
	lock_difference(o->before, &l, &text);
	r = command_print_buffer(&text, err);
	return r < 0 || a->dry_run ? r : write_lock(path, &l, err);
}

static int lock_image(const struct lock_arguments *a, struct error **err)
{
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a->quiet);
	_cleanup_(recipe_release) struct recipe recipe = {0};
	_cleanup_(store_release) struct store store = {0};
	_cleanup_(mirrors_release) struct mirrors mirrors = {0};
	_cleanup_(http_client_freep) struct http_client *http = NULL;
	_cleanup_(lock_release) struct lock l = {0}, before = {0};
	_cleanup_(places_release) struct places places = {0};
	_cleanup_free_ char *path = NULL, *replaced = NULL;
	bool exists = false;
	int r = places_find(a->images, NULL, &places, err);

	if (r >= 0)
		r = recipe_read(&places.recipes, a->image, &recipe, err);
	if (r >= 0)
		r = given_check(&a->components, &recipe, err);
	if (r >= 0)
		r = lock_paths(a, &places.recipes, &path, &replaced, err);
	if (r >= 0)
		r = read_before(a, replaced, &before, &exists, err);
	if (r >= 0)
		r = store_open(a->store, &store, err);
	store.notes = progress;
	if (r >= 0)
		r = mirrors_read(&a->mirrors, &mirrors, err);
	if (r >= 0)
		r = http_client_new(a->mirrors.n > 0, &http, err);
	if (r < 0)
		return r;

	const struct lock_make_options make = {
		.recipe = &recipe,
		.store = &store,
		.mirrors = &mirrors,
		.http = http,
		.keyring = a->keyring,
		.now = time(NULL),
		.before = exists ? &before : NULL,
		.given = &a->components,
		.signer_keys = &a->signer_keys,
		.key_server = a->key_server,
		.progress = progress,
	};

	if (a->only)
		return lock_only(&make, a->only, err);
	if (a->security && !exists)
		return error_set(err, -ENOENT,
				 "no lock '%s' to update: make one with 'tdnode lock %s'", path,
				 a->image);
	if (a->security)
		return lock_updates(a, &make, path, err);
	r = lock_make(&make, &l, err);
	if (r >= 0 && !a->output)
		r = make_own_folder(a, err);
	if (r >= 0)
		r = write_lock(path, &l, err);
	if (r < 0)
		return r;
	lock_age_warn(path, lock_date(&l), "do the mirrors still receive updates?");
	return 0;
}

static int run_lock(int argc, char **argv, struct error **err)
{
	_cleanup_(lock_arguments_release) struct lock_arguments a = {0};
	int r = command_parse(&command_lock, argc, argv, &a, err);

	if (r < 0)
		return r;
	if (a.key_server && !string_starts(a.key_server, "https://"))
		return error_set(err, -ERROR_USAGE, "--key-server '%s' is no https address",
				 a.key_server);
	if (a.security && (a.allow_older || a.only))
		return error_set(err, -ERROR_USAGE,
				 "--security goes with neither --allow-older nor --only");
	if (a.dry_run && !a.security)
		return error_set(err, -ERROR_USAGE, "--dry-run is for --security");
	return lock_image(&a, err);
}

const struct command command_lock = {
	.name = "lock",
	.summary = "resolve an image's packages and pin them",
	.forms = {{.operands = {OPERAND("IMAGE", struct lock_arguments, image)}}},
	.about = "Resolves an image's packages and pins them: writes images/IMAGE/image.lock. The "
		 "archive's package lists are accepted only under a valid, current signature of "
		 "Debian's keys.",
	.options = options,
	.example = "tdnode lock devnet",
	.run = run_lock,
};
