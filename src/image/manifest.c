#include "image/manifest.h"

#include <errno.h>
#include <jansson.h>

#include "base/file.h"
#include "formats/package_list.h"

/* json_t is counted by jansson itself. */
static void json_freep(json_t **j)
{
	json_decref(*j);
}
#define _cleanup_json_ _cleanup_(json_freep)

static json_t *package_json(const struct package_tree *p)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&p->package->sha256, hex);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "name", p->package->name, "version",
			 p->package->version, "architecture", p->package->architecture, "sha256",
			 hex, "size", (json_int_t)p->package->size, "licence",
			 p->unpacked.licence ? p->unpacked.licence : "");
}

static json_t *component_json(const struct lock_component *c)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&c->sha256, hex);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "name", c->name, "version", c->version,
			 "source", c->source, "sha256", hex, "size", (json_int_t)c->size,
			 "licence", c->licence ? c->licence : "");
}

static json_t *artefact_json(const struct manifest_artefact *a)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&a->sha256, hex);
	return json_pack("{s:s, s:I, s:s}", "name", a->name, "size", (json_int_t)a->size, "sha256",
			 hex);
}

int manifest_format(const struct manifest_inputs *in, struct buffer *ret, struct error **err)
{
	_cleanup_json_ json_t *packages = json_array();
	_cleanup_json_ json_t *components = json_array();
	_cleanup_json_ json_t *artefacts = json_array();
	bool ok = packages && components && artefacts;

	for (size_t i = 0; ok && i < in->n_packages; i++)
		ok = json_array_append_new(packages, package_json(in->packages[i])) == 0;
	for (size_t i = 0; ok && i < in->lock->n_components; i++)
		ok = json_array_append_new(components,
					   component_json(&in->lock->components[i])) == 0;
	for (size_t i = 0; ok && i < in->n_artefacts; i++)
		ok = json_array_append_new(artefacts, artefact_json(&in->artefacts[i])) == 0;
	if (!ok)
		return error_oom(err);

	_cleanup_json_ json_t *root = json_pack(
		"{s:s, s:b, s:O, s:O, s:O, s:s, s:s, s:I}", "image", in->lock->image, "debug", in->debug,
		"packages", packages, "components", components, "artefacts", artefacts,
		"command_line", in->command_line, "root_hash", in->root_hash, "root_size",
		(json_int_t)in->root_size);
	_cleanup_free_ char *text = root ? json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;

	if (!text)
		return error_oom(err);
	buffer_put_string(ret, text);
	buffer_put_u8(ret, '\n');
	return buffer_ok(ret) ? 0 : error_oom(err);
}

int manifest_add_packages(struct tree *root, const struct lock *lock, bool debug,
			  const struct package_trees *packages, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PACKAGE_LIST_MAX);
	size_t n = packages->n + lock->n_components;
	_cleanup_free_ struct package_list_item *items = calloc(n + 1, sizeof(*items));
	struct package_list list = {
		.image = lock->image, .debug = debug, .items = items, .n = n};

	if (!items)
		return error_oom(err);
	for (size_t i = 0; i < packages->n; i++) {
		const struct lock_package *p = packages->items[i].package;

		items[i] = (struct package_list_item){p->name, p->version, p->architecture};
	}
	for (size_t i = 0; i < lock->n_components; i++) {
		const struct lock_component *c = &lock->components[i];

		items[packages->n + i] = (struct package_list_item){c->name, c->version, NULL};
	}

	int r = package_list_format(&list, &text, err);
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
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(MANIFEST_MAX);
	json_error_t e;
	size_t index;
	json_t *item;
	int r = file_read(path, MANIFEST_MAX, &text, err);

	if (r < 0)
		return r;

	_cleanup_json_ json_t *root =
		json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &e);

	if (!root)
		return error_set(err, -ERROR_MALFORMED, "%s:%d: %s", path, e.line, e.text);
	json_array_foreach(json_object_get(root, "artefacts"), index, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));
		const char *hex = json_string_value(json_object_get(item, "sha256"));

		if (name && hex && string_equal(name, artefact) &&
		    digest_parse(DIGEST_SHA256, hex, ret))
			return 0;
	}
	return error_set(err, -ERROR_MALFORMED, "%s: no digest of '%s'", path, artefact);
}
