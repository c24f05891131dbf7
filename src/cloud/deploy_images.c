#include "cloud/deploy_images.h"

#include <errno.h>

static int list_below(struct arm *a, const char *id, const char *what, json_t **ret,
		      struct error **err)
{
	_cleanup_free_ char *path =
		string_printf("%s/%s?api-version=" GALLERY_VERSION_API, id, what);
	_cleanup_error_ struct error *e = NULL;
	int r = path ? arm_list(a, path, ret, &e) : error_oom(&e);

	if (r == -ENOENT) {
		*ret = json_array();
		return *ret ? 0 : error_oom(err);
	}
	return r < 0 ? error_move(err, r, &e) : 0;
}

static int list_vms(struct arm *a, json_t **ret, struct error **err)
{
	_cleanup_free_ char *path =
		arm_path(a, "/providers/Microsoft.Compute/virtualMachines?api-version=%s",
			 deploy_kind(DEPLOY_VM)->version);

	return path ? arm_list(a, path, ret, err) : error_oom(err);
}

/* Made of the version, or gone back to from what was made of it. */
static json_t *users_of(const json_t *vms, const char *version, const char *sha256)
{
	json_t *list = json_array();
	const json_t *vm;
	size_t i;
	bool ok = list;

	json_array_foreach(vms, i, vm)
	{
		if (azure_same(arm_text(vm, "properties.storageProfile.imageReference.id"),
			       version) ||
		    azure_same(deploy_tag(vm, "tdnode-image"), sha256))
			ok = ok &&
			     json_array_append_new(list, json_string(arm_text(vm, "name"))) >= 0;
	}

	return json_complete(list, ok);
}

static json_t *regions_of(const json_t *version)
{
	json_t *list = json_array();
	const json_t *item;
	size_t i;
	bool ok = list;

	json_array_foreach(arm_member(version, "properties.publishingProfile.targetRegions"), i,
			   item)
	{
		ok = ok && json_array_append(list, json_object_get(item, "name")) >= 0;
	}

	return json_complete(list, ok);
}

static int put_versions(struct arm *a, const json_t *definition, const json_t *vms, json_t *all,
			struct error **err)
{
	const char *id = arm_text(definition, "id"), *name = arm_text(definition, "name");
	_cleanup_json_ json_t *versions = NULL;
	const json_t *version;
	size_t i;
	int r;

	if (!id || !name)
		return 0;
	r = list_below(a, id, "versions", &versions, err);
	json_array_foreach(versions, i, version)
	{
		const char *version_id = arm_text(version, "id"),
			   *sha256 = deploy_tag(version, "tdnode-image");
		json_t *line = json_pack("{s:s, s:s*, s:s*, s:s*, s:o, s:o}", "definition", name,
					 "version", arm_text(version, "name"), "image", sha256,
					 "state", arm_text(version, "properties.provisioningState"),
					 "regions", regions_of(version), "used_by",
					 users_of(vms, version_id, sha256));

		if (json_array_append_new(all, line) < 0)
			return r < 0 ? r : error_oom(err);
	}
	return r;
}

int deploy_images(struct arm *a, const struct deploy_settings *s, json_t **ret, struct error **err)
{
	_cleanup_(gallery_release) struct gallery g = {0};
	_cleanup_json_ json_t *definitions = NULL, *vms = NULL, *all = json_array();
	const json_t *definition;
	size_t i;
	int r = all ? gallery_make(a, s, &g, err) : error_oom(err);

	if (r >= 0)
		r = list_below(a, g.id, "images", &definitions, err);
	if (r >= 0 && json_array_size(definitions))
		r = list_vms(a, &vms, err);
	json_array_foreach(definitions, i, definition)
	{
		r = r < 0 ? r : put_versions(a, definition, vms, all, err);
	}

	if (r >= 0)
		*ret = TAKE_PTR(all);
	return r;
}

static bool is_ours(const json_t *resource)
{
	return azure_same(deploy_tag(resource, "tdnode-role"), "images");
}

/* Deletes the resource if it is ours. */
static int remove_ours(struct arm *a, const char *id, const char *api, struct error **err)
{
	_cleanup_free_ char *path = string_printf("%s?api-version=%s", id, api);
	_cleanup_json_ json_t *found = NULL;
	int r = path ? arm_find(a, path, &found, err) : error_oom(err);

	return r < 0 || !found || !is_ours(found) ? r : arm_delete(a, path, err);
}

/* With nothing in it. */
static int remove_empty(struct arm *a, const char *id, const char *what, bool *ret_stays,
			struct error **err)
{
	_cleanup_json_ json_t *rest = NULL;
	int r;

	if (*ret_stays)
		return 0;
	r = list_below(a, id, what, &rest, err);
	if (r < 0)
		return r;
	*ret_stays = json_array_size(rest);
	return *ret_stays ? 0 : remove_ours(a, id, GALLERY_VERSION_API, err);
}

static int remove_group(struct arm *a, const struct gallery *g, struct error **err)
{
	_cleanup_free_ char *list =
		string_printf("%s/resources?api-version=2021-04-01", g->group_path);
	_cleanup_json_ json_t *rest = NULL;
	_cleanup_error_ struct error *e = NULL;
	int r = list ? arm_list(a, list, &rest, &e) : error_oom(&e);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_move(err, r, &e);
	return json_array_size(rest) ? 0 : remove_ours(a, g->group_path, "2021-04-01", err);
}

/* Definitions, gallery, account and group, as far as they are ours and hold nothing more. */
static int remove_rest(struct arm *a, const struct gallery *g, struct error **err)
{
	_cleanup_json_ json_t *definitions = NULL;
	const json_t *definition;
	bool stays = false;
	size_t i;
	int r = list_below(a, g->id, "images", &definitions, err);

	json_array_foreach(definitions, i, definition)
	{
		const char *id = arm_text(definition, "id");
		bool one_stays = !id;

		if (r >= 0)
			r = remove_empty(a, id ? id : "", "versions", &one_stays, err);
		stays = stays || one_stays;
	}
	if (r >= 0)
		r = remove_empty(a, g->id, "images", &stays, err);
	if (r < 0 || stays)
		return r;
	r = remove_ours(a, g->account_id, "2023-01-01", err);
	return r < 0 ? r : remove_group(a, g, err);
}

static int remove_version(struct arm *a, const struct gallery *g, const json_t *image,
			  struct error **err)
{
	const char *definition = arm_text(image, "definition"),
		   *version = arm_text(image, "version");
	const json_t *users = json_object_get(image, "used_by");
	_cleanup_free_ char *path = NULL;

	if (json_array_size(users))
		return error_set(err, -ERROR_REFUSED,
				 "version %s is used by %zu virtual machines, '%s' among them: it "
				 "stays",
				 version, json_array_size(users),
				 json_string_value(json_array_get(users, 0)));
	path = string_printf("%s/images/%s/versions/%s?api-version=" GALLERY_VERSION_API, g->id,
			     definition, version);
	return path ? arm_delete(a, path, err) : error_oom(err);
}

int deploy_image_remove(struct arm *a, const struct deploy_settings *s, const char *version,
			struct error **err)
{
	_cleanup_(gallery_release) struct gallery g = {0};
	_cleanup_json_ json_t *images = NULL;
	const json_t *image;
	bool all = string_equal(version, "all");
	size_t i, n = 0;
	int r = gallery_make(a, s, &g, err);

	if (r >= 0)
		r = deploy_images(a, s, &images, err);
	json_array_foreach(images, i, image)
	{
		const char *number = arm_text(image, "version");

		if (r < 0 || !number || !(all || string_equal(number, version)))
			continue;
		n++;
		r = remove_version(a, &g, image, err);
	}
	if (r < 0)
		return r;
	if (n == 0 && !all)
		return error_set(err, -ENOENT, "the gallery '%s' has no version %s", s->gallery,
				 version);
	return remove_rest(a, &g, err);
}
