#include "image/reproduce.h"

#include <errno.h>

#include "base/file.h"
#include "image/disk_sign.h"
#include "image/pipeline.h"
#include "packages/given_files.h"
#include "packages/recipe.h"
#include "packages/store.h"

void reproduction_release(struct reproduction *r)
{
	published_release(&r->published);
	expected_release(&r->compared);
	free(r->directory);
	*r = (struct reproduction){0};
}

/* A store of this build's own, removed at the end. */
struct clean_store {
	char *path;
};

static void clean_store_release(struct clean_store *c)
{
	int ignored = c->path ? directory_remove(c->path, NULL) : 0;

	(void)ignored;
	free(c->path);
}

static int clean_store_make(const char *output, struct clean_store *ret, struct error **err)
{
	_cleanup_free_ char *path = path_join(output, ".store.XXXXXX");
	int r = path ? directory_make(output, err) : error_oom(err);

	if (r < 0)
		return r;
	if (!mkdtemp(path))
		return error_errno(err, errno, "cannot make a folder in '%s'", output);
	ret->path = TAKE_PTR(path);
	return 0;
}

/* One download, hashed while it is adopted. What the user's store has not is fetched by the build. */
static int share_blob(const struct store *from, const struct store *to, const struct digest *sha256,
		      uint64_t size, struct error **err)
{
	_cleanup_free_ char *path = store_blob_path(from, sha256), *copy = NULL;
	char hex[DIGEST_HEX_MAX];
	int r;

	if (!path)
		return error_oom(err);
	if (!store_has_blob(from, sha256, size) || store_has_blob(to, sha256, size) ||
	    !store_check_blob(from, sha256))
		return 0;
	digest_hex(sha256, hex);
	r = given_copy(to, path, hex, &copy, err);
	return r < 0 ? r : store_adopt(to, copy, sha256, size, err);
}

static int share_component(const struct store *from, const struct store *to,
			   const struct lock_component *c, struct error **err)
{
	int r = share_blob(from, to, &c->sha256, c->size, err);

	for (size_t i = 0; r >= 0 && i < c->n_packages; i++)
		r = share_blob(from, to, &c->packages[i].sha256, c->packages[i].size, err);
	return r;
}

static int share_downloads(const struct reproduce_options *o, const struct lock *lock,
			   const char *clean, struct error **err)
{
	_cleanup_(store_release) struct store from = {0}, to = {0};
	int r = store_open(o->store, &from, err);

	from.notes = o->notes;
	if (r >= 0)
		r = store_open(clean, &to, err);
	for (size_t k = 0; r >= 0 && k < LOCK_SETS_; k++) {
		for (size_t i = 0; r >= 0 && i < lock->sets[k].n; i++)
			r = share_blob(&from, &to, &lock->sets[k].items[i].sha256,
				       lock->sets[k].items[i].size, err);
	}
	for (size_t i = 0; r >= 0 && i < lock->n_components; i++)
		r = share_component(&from, &to, &lock->components[i], err);
	return r;
}

static int read_lock(const struct reproduce_options *o, struct reproduction *p, char **ret_path,
		     struct lock *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOCK_MAX);
	_cleanup_free_ char *path = o->lock ? strdup(o->lock) : NULL;
	int r = o->lock && !path ? error_oom(err) : 0;

	if (r >= 0 && !path)
		r = recipe_folders_find_lock(&o->recipes, p->published.image, &path, err);
	if (r >= 0)
		r = file_read(path, LOCK_MAX, &text, err);
	if (r < 0)
		return r;
	p->lock_sha256 = digest_bytes(DIGEST_SHA256, buffer_span(&text));
	r = lock_parse(buffer_span(&text), ret, err);
	if (r >= 0)
		r = expected_check_lock(&p->published, ret, &p->lock_sha256, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	*ret_path = TAKE_PTR(path);
	return 0;
}

/* *ret: of a signed image the policy that its maker signed, which has to lie beside the document; else NULL. */
static int find_policy(const struct reproduce_options *o, const struct published *p, char **ret,
		       struct error **err)
{
	const char *base = path_basename(o->published);
	_cleanup_free_ char *name = string_printf("%s.policy", p->image);
	_cleanup_free_ char *path =
		string_printf("%.*s%s.policy", (int)(base - o->published), o->published, p->image);

	if (!name || !path)
		return error_oom(err);
	if (!published_find(p, name))
		return 0;
	if (!path_exists(path))
		return error_set(err, -ENOENT,
				 "the image is signed: put its policy beside the manifest, as '%s'",
				 path);
	*ret = TAKE_PTR(path);
	return 0;
}

/* What was built and the policy: no key is needed to put it there. */
static int add_policy(const struct reproduce_options *o, const struct published *p,
		      const char *policy, struct error **err)
{
	_cleanup_(recipe_release) struct recipe recipe = {0};
	_cleanup_(disk_sign_result_release) struct disk_sign_result result = {0};
	struct rsa_public key;
	int r = recipe_read(&o->recipes, p->image, &recipe, err);

	if (r >= 0 && !recipe.policy_key.pem)
		r = error_set(err, -ERROR_REFUSED,
			      "the image is signed, and its recipe has no policy key");
	if (r >= 0)
		r = rsa_public_parse(span_string(recipe.policy_key.pem), &key, err);
	if (r < 0)
		return r;

	const struct disk_sign_options sign = {
		.artifacts = o->output,
		.image = p->image,
		.debug = p->debug,
		.public_key = &key,
		.from = policy,
	};

	return disk_sign(&sign, &result, err);
}

static int build(const struct reproduce_options *o, const struct lock *lock, const char *lock_path,
		 const struct reproduction *p, struct error **err)
{
	_cleanup_(build_result_release) struct build_result result = {0};
	_cleanup_(clean_store_release) struct clean_store clean = {0};
	int r = clean_store_make(o->output, &clean, err);

	if (r >= 0)
		r = share_downloads(o, lock, clean.path, err);
	if (r < 0)
		return r;

	const struct build_options options = {
		.recipes = o->recipes,
		.source = o->source,
		.image = p->published.image,
		.lock = lock_path,
		.artifacts = o->output,
		.store = clean.path,
		.mirrors = o->mirrors,
		.given = o->given,
		.offline = o->offline,
		.debug = p->published.debug,
		.progress = o->progress,
		.notes = o->notes,
	};

	return build_image(&options, &result, err);
}

int reproduce(const struct reproduce_options *o, struct reproduction *ret, struct error **err)
{
	_cleanup_(reproduction_release) struct reproduction p = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PUBLISHED_MAX);
	_cleanup_(lock_release) struct lock lock = {0};
	_cleanup_free_ char *lock_path = NULL, *policy = NULL;
	int r = expected_read(o->published, &p.published, &text, err);

	if (r < 0)
		return r;
	p.published_sha256 = digest_bytes(DIGEST_SHA256, buffer_span(&text));
	p.directory = string_printf("%s/%s%s", o->output, p.published.image,
				    p.published.debug ? "-debug" : "");
	if (!p.directory)
		return error_oom(err);
	if (!path_is_absent(p.directory))
		return error_set(err, -EEXIST,
				 "'%s' exists: remove it, or name another folder with --output",
				 p.directory);
	r = read_lock(o, &p, &lock_path, &lock, err);
	if (r >= 0)
		r = find_policy(o, &p.published, &policy, err);
	if (r >= 0)
		r = build(o, &lock, lock_path, &p, err);
	if (r >= 0 && policy)
		r = add_policy(o, &p.published, policy, err);
	if (r >= 0)
		r = expected_compare(&p.published, buffer_span(&text), p.directory, &p.compared,
				     err);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct reproduction){0};
	return 0;
}
