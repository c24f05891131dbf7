#include "packages/lock_release.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "formats/pgp_armor.h"
#include "packages/fetch.h"
#include "packages/given_files.h"
#include "packages/signature.h"
#include "packages/store_known.h"

/* What a file of this component has to be. */
struct expectation {
	const struct component *component;
	const struct digest *sha256; /* NULL: the signature alone decides */
	struct buffer keys;	     /* of a signed one */
	struct buffer signature;
};

static void expectation_release(struct expectation *e)
{
	buffer_release(&e->keys);
	buffer_release(&e->signature);
}

/* A small file at an address. It is kept: without network the store's copy, which is checked all the same, has to
 * do. */
static int get_text(const struct lock_release_options *o, const char *url, struct buffer *ret,
		    struct error **err)
{
	_cleanup_error_ struct error *why = NULL;
	_cleanup_free_ char *blob = NULL, *partial = NULL;
	struct digest sha256;
	int r = http_get(o->http, url, ret, &why);

	if (r < 0) {
		buffer_release(ret);
		if (!store_recall(o->store, url, &sha256, NULL))
			return error_move(err, r, &why);
		blob = store_blob_path(o->store, &sha256);
		return blob ? file_read(blob, ret->max, ret, err) : error_oom(err);
	}
	sha256 = digest_bytes(DIGEST_SHA256, buffer_span(ret));
	partial = store_partial_path(o->store, &sha256);
	if (!partial)
		return error_oom(err);
	r = file_write(partial, buffer_span(ret), err);
	if (r >= 0)
		r = store_adopt(o->store, partial, &sha256, ret->n, err);
	if (r >= 0)
		store_remember(o->store, url, &sha256);
	return r;
}

static int add_key_file(const char *path, struct buffer *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PGP_KEYS_MAX);
	int r = file_read(path, PGP_KEYS_MAX, &text, err);

	if (r < 0)
		return r;
	r = pgp_public_keys(buffer_span(&text), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static int add_server_key(const struct lock_release_options *o, const char *signer,
			  struct buffer *ret, struct error **err)
{
	_cleanup_free_ char *url =
		string_printf("%s/pks/lookup?op=get&options=mr&search=0x%s", o->key_server, signer);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PGP_KEYS_MAX);
	int r = url ? get_text(o, url, &text, err) : error_oom(err);

	if (r < 0)
		return error_wrap(err, r,
				  "no public key of its signer (--signer-key FILE gives one)");
	r = pgp_public_keys(buffer_span(&text), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", url) : 0;
}

static int find_keys(const struct lock_release_options *o, const struct component *c,
		     struct buffer *ret, struct error **err)
{
	int r = 0;

	if (c->signer_key) {
		r = pgp_public_keys(span_string(c->signer_key), ret, err);
		if (r < 0)
			return error_wrap(err, r, "SignerKey=%s", c->signer_key_file);
	}
	for (size_t i = 0; r >= 0 && o->signer_keys && i < o->signer_keys->n; i++)
		r = add_key_file(o->signer_keys->items[i], ret, err);
	if (r >= 0 && ret->n == 0 && o->key_server)
		r = add_server_key(o, c->signer, ret, err);
	if (r >= 0 && ret->n == 0)
		return error_set(err, -ENOENT,
				 "the public key of its signer %s is not known: give it with "
				 "--signer-key FILE or SignerKey=, or name a --key-server",
				 c->signer);
	return r;
}

/* FILE.asc beside a given file, else what is published. */
static int find_signature(const struct lock_release_options *o, const struct component *c,
			  const char *given, struct buffer *ret, struct error **err)
{
	_cleanup_free_ char *beside = given ? string_printf("%s.asc", given) : NULL;
	int r;

	if (given && !beside)
		return error_oom(err);
	if (beside && path_exists(beside))
		return file_read(beside, SIGNATURE_MAX, ret, err);
	r = get_text(o, c->signature, ret, err);
	if (r >= 0 || !beside)
		return r;
	return error_wrap(err, r, "no signature '%s' beside the given file", beside);
}

static int check_file(const struct expectation *e, const char *file, struct digest *ret_sha256,
		      uint64_t *ret_size, struct error **err)
{
	const struct component *c = e->component;
	int r = digest_file(file, DIGEST_SHA256, ret_sha256, ret_size, err);

	if (r < 0)
		return r;
	if (c->size && *ret_size != c->size)
		return error_set(err, -ERROR_REFUSED, "%llu bytes, not %llu",
				 (unsigned long long)*ret_size, (unsigned long long)c->size);
	if (e->sha256 && !digest_equal(e->sha256, ret_sha256)) {
		char found[DIGEST_HEX_MAX];

		digest_hex(ret_sha256, found);
		return error_set(err, -ERROR_REFUSED, "SHA-256 is %s, not %s", found, c->sha256);
	}
	if (*ret_size == 0)
		return error_set(err, -ERROR_REFUSED, "empty");
	return c->signer ? signature_verify_file(buffer_span(&e->keys), c->signer,
						 buffer_span(&e->signature), file, err)
			 : 0;
}

/* What the store has already, by the recipe's digest or by the address. */
static bool is_in_store(const struct lock_release_options *o, const struct expectation *e,
			struct lock_component *ret)
{
	_cleanup_free_ char *blob = NULL;
	struct digest sha256;

	if (e->sha256 && store_check_blob(o->store, e->sha256))
		sha256 = *e->sha256;
	else if (!store_recall(o->store, e->component->source, &sha256, NULL))
		return false;
	blob = store_blob_path(o->store, &sha256);
	return blob && check_file(e, blob, &ret->sha256, &ret->size, NULL) >= 0;
}

/* The file in the store's partial folder, from wherever it comes; *ret_origin says from where. */
static int obtain(const struct lock_release_options *o, const struct component *c,
		  const char *given, const char **ret_origin, char **ret_path, struct error **err)
{
	_cleanup_free_ char *name = string_printf("release-%s", c->name);
	int r;

	if (!name)
		return error_oom(err);
	*ret_origin = given ? given : c->source;
	if (given || c->kind == COMPONENT_FILE)
		return given_copy(o->store, *ret_origin, name, ret_path, err);
	progress_begin(o->progress, c->name, c->size, true);
	r = fetch_file(o->store, o->http, c->source, name, c->size ? c->size : FETCH_COMPONENT_MAX,
		       o->progress, ret_path, err);
	if (r >= 0)
		progress_end(o->progress, NULL);
	return r;
}

static int obtain_and_check(const struct lock_release_options *o, const struct expectation *e,
			    const char *given, struct lock_component *ret, struct error **err)
{
	_cleanup_free_ char *file = NULL;
	const char *origin = NULL;
	int r = obtain(o, e->component, given, &origin, &file, err);

	if (r < 0)
		return r;
	r = check_file(e, file, &ret->sha256, &ret->size, err);
	if (r < 0) {
		unlink(file);
		return error_wrap(err, r, "%s", origin);
	}
	r = store_adopt(o->store, file, &ret->sha256, ret->size, err);
	if (r >= 0 && e->component->kind == COMPONENT_URL)
		store_remember(o->store, e->component->source, &ret->sha256);
	return r;
}

/* What to do where the file cannot be had: it is one thing to fetch, and can come from anywhere. */
static int cannot_be_had(const struct component *c, int code, struct error **cause,
			 struct error **err)
{
	if (code == -ERROR_REFUSED || c->kind == COMPONENT_FILE)
		return error_move(err, code, cause);
	return error_set(err, code,
			 "%s\nIts file is %s%s%s%s%s. Where that cannot be reached, give the file"
			 "%s with --component %s=FILE.",
			 error_message(*cause), c->source, c->sha256 ? ", SHA-256 " : "",
			 c->sha256 ? c->sha256 : "", c->signer ? ", signed by " : "",
			 c->signer ? c->signer : "", c->signer ? " (FILE.asc beside it)" : "",
			 c->name);
}

int lock_release_file(const struct lock_release_options *o, const struct component *c,
		      struct lock_component *ret, struct error **err)
{
	const char *given = given_file(o->given, c->name);
	_cleanup_(expectation_release) struct expectation e = {
		.component = c,
		.keys = BUFFER_INIT(PGP_KEYS_MAX),
		.signature = BUFFER_INIT(SIGNATURE_MAX),
	};
	_cleanup_error_ struct error *cause = NULL;
	struct digest sha256;
	int r = 0;

	ret->source = strdup(c->kind == COMPONENT_FILE ? path_basename(c->source) : c->source);
	ret->signer = c->signer ? strdup(c->signer) : NULL;
	if (!ret->source || (c->signer && !ret->signer))
		return error_oom(err);
	if (c->sha256 && digest_parse(DIGEST_SHA256, c->sha256, &sha256))
		e.sha256 = &sha256;
	if (c->signer) {
		r = find_keys(o, c, &e.keys, err);
		if (r < 0)
			return r;
		r = find_signature(o, c, given, &e.signature, &cause);
	}
	if (r >= 0 && !given && is_in_store(o, &e, ret))
		return 0;
	if (r >= 0)
		r = obtain_and_check(o, &e, given, ret, &cause);
	return r < 0 ? cannot_be_had(c, r, &cause, err) : 0;
}
