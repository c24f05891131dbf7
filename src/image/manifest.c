#include "image/manifest.h"

#include <errno.h>

#include "base/file.h"
#include "crypto/x25519.h"
#include "formats/json.h"
#include "packages/lock_list.h"

static json_t *package_json(const struct package_tree *p, const struct licence *licence)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&p->package->sha256, hex);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "name", p->package->name, "version",
			 p->package->version, "architecture", p->package->architecture, "sha256",
			 hex, "size", (json_int_t)p->package->size, "licence",
			 licence ? licence->declared : "", "licence_concluded",
			 licence ? licence->concluded : "");
}

static json_t *component_json(const struct lock_component *c)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&c->sha256, hex);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "name", c->name, "version", c->version,
			 "source", c->source, "sha256", hex, "size", (json_int_t)c->size, "licence",
			 c->licence ? c->licence : "");
}

static json_t *artefact_json(const struct manifest_artefact *a)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&a->sha256, hex);
	return json_pack("{s:s, s:I, s:s}", "name", a->name, "size", (json_int_t)a->size, "sha256",
			 hex);
}

/* The name of the policy key, which says as much as the key; *ret is NULL without one. */
static int policy_key_text(const char *pem, char **ret, struct error **err)
{
	struct rsa_public key;
	struct tpm_name name;
	int r = pem ? rsa_public_parse(span_string(pem), &key, err) : 0;

	if (!pem || r < 0)
		return r;
	r = tpm_policy_key_name(&key, &name, err);
	if (r < 0)
		return r;
	*ret = hex_string(SPAN(name.bytes, sizeof name.bytes));
	return *ret ? 0 : error_oom(err);
}

static int recovery_key_text(const char *pem, char **ret, struct error **err)
{
	struct x25519_public key;
	int r = pem ? x25519_public_parse(span_string(pem), &key, err) : 0;

	if (!pem || r < 0)
		return r;
	*ret = hex_string(SPAN(key.bytes, sizeof key.bytes));
	return *ret ? 0 : error_oom(err);
}

int manifest_format(const struct manifest_inputs *in, struct buffer *ret, struct error **err)
{
	_cleanup_json_ json_t *packages = json_array();
	_cleanup_json_ json_t *components = json_array();
	_cleanup_json_ json_t *artefacts = json_array();
	_cleanup_free_ struct licence_owner *owners = calloc(in->n_packages + 1, sizeof *owners);
	bool ok = packages && components && artefacts && owners;

	for (size_t i = 0; ok && i < in->n_packages; i++)
		owners[i] = (struct licence_owner){in->packages[i]->package->name,
						   in->packages[i]->package->path,
						   &in->packages[i]->unpacked.licence};
	for (size_t i = 0; ok && i < in->n_packages; i++)
		ok = json_array_append_new(
			     packages, package_json(in->packages[i],
						    licence_of(owners, in->n_packages, i))) == 0;
	for (size_t i = 0; ok && i < in->lock->n_components; i++)
		ok = json_array_append_new(components, component_json(&in->lock->components[i])) ==
		     0;
	for (size_t i = 0; ok && i < in->n_artefacts; i++)
		ok = json_array_append_new(artefacts, artefact_json(&in->artefacts[i])) == 0;
	if (!ok)
		return error_oom(err);

	_cleanup_free_ char *policy_key = NULL, *recovery_key = NULL;
	char lock[DIGEST_HEX_MAX];
	int r = policy_key_text(in->policy_key, &policy_key, err);

	digest_hex(&in->lock_sha256, lock);
	if (r >= 0)
		r = recovery_key_text(in->recovery_key, &recovery_key, err);
	if (r < 0)
		return r;

	_cleanup_json_ json_t *root = json_pack(
		"{s:s, s:s, s:b, s:O, s:O, s:O, s:s, s:s, s:I, s:s?, s:s?}", "image",
		in->lock->image, "lock_sha256", lock, "debug", in->debug, "packages", packages,
		"components", components, "artefacts", artefacts, "command_line", in->command_line,
		"root_hash", in->root_hash, "root_size", (json_int_t)in->root_size, "policy_key",
		policy_key, "recovery_key", recovery_key);

	return json_text_sorted(TAKE_PTR(root), ret, err);
}

static int load(const char *path, json_t **ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(MANIFEST_MAX);
	json_error_t e;
	int r = file_read(path, MANIFEST_MAX, &text, err);

	if (r < 0)
		return r;
	*ret = json_loadb(buffer_text(&text), text.n, JSON_REJECT_DUPLICATES, &e);
	return *ret ? 0 : error_set(err, -ERROR_MALFORMED, "%s:%d: %s", path, e.line, e.text);
}

static json_t *find_artefact(const json_t *root, const char *artefact)
{
	size_t index;
	json_t *item;

	json_array_foreach(json_object_get(root, "artefacts"), index, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));

		if (name && string_equal(name, artefact))
			return item;
	}
	return NULL;
}

int manifest_add_packages(struct tree *root, const struct lock *lock, bool debug,
			  const struct package_trees *packages, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PACKAGE_LIST_MAX);
	_cleanup_(lock_list_release) struct lock_list list = {0};
	const struct lock_set *const sets[] = {&lock->sets[LOCK_IMAGE], &lock->sets[LOCK_DEBUG]};
	_cleanup_free_ const struct licence **licences = calloc(packages->n + 1, sizeof *licences);
	int r;

	if (!licences)
		return error_oom(err);
	for (size_t i = 0; i < packages->n; i++)
		licences[i] = &packages->items[i].unpacked.licence;
	r = lock_list_make(lock, sets, debug ? 2 : 1, licences, true, &list, err);
	if (r < 0)
		return r;
	list.list.debug = debug;
	r = package_list_format(&list.list, &text, err);

	const struct tree_entry e = {
		.path = PACKAGE_LIST_PATH,
		.type = TREE_FILE,
		.mode = 0644,
		.content = {.size = text.n, .bytes = text.p},
		.origin = "manifest",
	};

	return r < 0 ? r : tree_add(root, &e, TREE_REFUSE, err);
}

int manifest_read_digest(const char *path, const char *artefact, struct digest *ret,
			 struct error **err)
{
	_cleanup_json_ json_t *root = NULL;
	int r = load(path, &root, err);

	if (r < 0)
		return r;

	const char *hex =
		json_string_value(json_object_get(find_artefact(root, artefact), "sha256"));

	if (!hex || !digest_parse(DIGEST_SHA256, hex, ret))
		return error_set(err, -ERROR_MALFORMED, "%s: no digest of '%s'", path, artefact);
	return 0;
}

int manifest_read_policy_key(const char *path, bool *ret_has, struct tpm_name *ret,
			     struct error **err)
{
	_cleanup_json_ json_t *root = NULL;
	int r = load(path, &root, err);

	if (r < 0)
		return r;

	const json_t *value = json_object_get(root, "policy_key");
	const char *hex = json_string_value(value);

	*ret_has = value && !json_is_null(value);
	if (*ret_has && (!hex || !hex_decode(span_string(hex), ret->bytes, TPM_NAME_SIZE)))
		return error_set(err, -ERROR_MALFORMED, "%s: malformed 'policy_key'", path);
	return 0;
}

int manifest_replace(const char *path, const struct manifest_artefact *artefacts, size_t n,
		     struct buffer *ret, struct error **err)
{
	_cleanup_json_ json_t *root = NULL;
	int r = load(path, &root, err);

	if (r < 0)
		return r;
	if (!json_is_array(json_object_get(root, "artefacts")))
		return error_set(err, -ERROR_MALFORMED, "%s: no 'artefacts'", path);
	for (size_t i = 0; i < n; i++) {
		json_t *old = find_artefact(root, artefacts[i].name);
		_cleanup_json_ json_t *new = artefact_json(&artefacts[i]);

		if (!new || (old ? json_object_update(old, new)
				 : json_array_append(json_object_get(root, "artefacts"), new)) < 0)
			return error_oom(err);
	}
	return json_text_sorted(TAKE_PTR(root), ret, err);
}
