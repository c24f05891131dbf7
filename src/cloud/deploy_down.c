#include "cloud/deploy_down.h"

#include <errno.h>

#include "cloud/deploy_plan.h"

#define RESOURCES_API "2021-04-01"

void deploy_down_release(struct deploy_down *d)
{
	string_list_release(&d->deleted);
	free(d->kept_data);
	*d = (struct deploy_down){0};
}

/* What deploy_down() works on. */
struct removal {
	struct arm *arm;
	struct deploy_down *d;
	struct deploy_names names;
	struct deploy_progress *progress;
	const char *present; /* of deploy_forget(): the id of the machine's own system disk */
};

static void removal_release(struct removal *m)
{
	deploy_names_release(&m->names);
}

static int remove_path(struct removal *m, const char *path, const char *text, const char *name,
		       struct error **err)
{
	_cleanup_free_ char *what = string_printf("delete %s %s", text, name);
	int r;

	if (!what)
		return error_oom(err);
	progress_begin(m->progress->progress, what, 0, false);
	r = arm_delete(m->arm, path, err);
	if (r < 0)
		return error_wrap(err, r, "%s", what);
	progress_end(m->progress->progress, NULL);
	return string_list_take(&m->d->deleted, string_printf("%s %s", text, name)) < 0
		       ? error_oom(err)
		       : 0;
}

/* One resource by its name, if it is ours. */
static int remove_kind(struct removal *m, enum deploy_resource k, struct error **err)
{
	_cleanup_free_ char *path = deploy_path(&m->names, k);
	_cleanup_json_ json_t *found = NULL;
	int r = path ? arm_find(m->arm, path, &found, err) : error_oom(err);

	if (r < 0 || !found || !deploy_is_ours(&m->names, found))
		return r;
	return remove_path(m, path, deploy_kind(k)->text, m->names.names[k], err);
}

static char *disk_path(const char *id)
{
	return string_printf("%s?api-version=%s", id, deploy_kind(DEPLOY_OS_DISK)->version);
}

/*
 * The disk that a VM brought along has our tags only once 'up' has come so far. Without them nobody would know it once
 * the VM is gone.
 */
static int claim_os_disk(struct removal *m, const json_t *vm, struct error **err)
{
	const char *id = arm_text(vm, "properties.storageProfile.osDisk.managedDisk.id");
	const struct deploy_settings s = {.name = m->d->name};
	_cleanup_free_ char *path = id ? disk_path(id) : NULL;
	_cleanup_json_ json_t *disk = NULL, *body = NULL;
	int r;

	if (!id)
		return 0;
	r = path ? arm_find(m->arm, path, &disk, err) : error_oom(err);
	if (r < 0 || !disk || deploy_tag(disk, "tdnode-deployment"))
		return r;
	body = json_pack("{s:o}", "tags",
			 deploy_tags(&s, &m->names, "os", deploy_tag(vm, "tdnode-image")));
	return body ? arm_patch(m->arm, path, body, err) : error_oom(err);
}

static int remove_vm(struct removal *m, struct error **err)
{
	_cleanup_free_ char *path = deploy_path(&m->names, DEPLOY_VM);
	_cleanup_json_ json_t *vm = NULL;
	int r = path ? arm_find(m->arm, path, &vm, err) : error_oom(err);

	if (r < 0 || !vm || !deploy_is_ours(&m->names, vm))
		return r;
	r = claim_os_disk(m, vm, err);
	return r < 0 ? r : remove_path(m, path, deploy_kind(DEPLOY_VM)->text, m->d->name, err);
}

static int remove_disk(struct removal *m, const json_t *disk, struct error **err)
{
	const char *id = arm_text(disk, "id"), *name = arm_text(disk, "name");
	bool is_data = azure_same(deploy_tag(disk, "tdnode-role"), "data");
	_cleanup_free_ char *path = id ? disk_path(id) : NULL;
	int r;

	if (!path || !name)
		return error_oom(err);
	if (is_data && !m->d->delete_data) {
		free(m->d->kept_data);
		m->d->kept_data = strdup(name);
		return m->d->kept_data ? 0 : error_oom(err);
	}
	r = deploy_close_disk(m->arm, id, arm_text(disk, "properties.diskState"), err);
	return r < 0 ? r : remove_path(m, path, is_data ? "data disk" : "system disk", name, err);
}

/* Calls it for each disk of ours in the group. */
static int each_disk(struct removal *m,
		     int (*one)(struct removal *m, const json_t *disk, struct error **err),
		     struct error **err)
{
	_cleanup_free_ char *path =
		string_printf("%s/providers/Microsoft.Compute/disks?api-version=%s",
			      m->names.group_path, deploy_kind(DEPLOY_OS_DISK)->version);
	_cleanup_json_ json_t *disks = NULL;
	const json_t *disk;
	size_t i;
	int r = path ? arm_list(m->arm, path, &disks, err) : error_oom(err);

	json_array_foreach(disks, i, disk)
	{
		if (r >= 0 && deploy_is_ours(&m->names, disk))
			r = one(m, disk, err);
	}

	return r;
}

static int close_disk(struct removal *m, const json_t *disk, struct error **err)
{
	return deploy_close_disk(m->arm, arm_text(disk, "id"),
				 arm_text(disk, "properties.diskState"), err);
}

static int remove_group(struct removal *m, const json_t *group, struct error **err)
{
	_cleanup_free_ char *list =
		string_printf("%s/resources?api-version=" RESOURCES_API, m->names.group_path);
	_cleanup_free_ char *path = deploy_group_path(&m->names);
	_cleanup_json_ json_t *resources = NULL;
	const json_t *resource;
	size_t i;
	int r = list && path ? arm_list(m->arm, list, &resources, err) : error_oom(err);

	if (r < 0)
		return r;
	json_array_foreach(resources, i, resource)
	{
		m->d->others += !deploy_is_ours(&m->names, resource);
	}

	m->d->group_stays = json_array_size(resources) || !deploy_is_ours(&m->names, group);
	if (m->d->group_stays)
		return 0;
	return remove_path(m, path, "resource group", m->names.group, err);
}

/* Azure's records of what we had it deploy: one for each image. */
static int each_deployment(struct removal *m, bool remove, struct error **err)
{
	_cleanup_free_ char *list = string_printf(
		"%s/providers/Microsoft.Resources/deployments?api-version=" RESOURCES_API,
		m->names.group_path);
	_cleanup_free_ char *prefix = string_printf("tdnode-%s-", m->d->name);
	_cleanup_json_ json_t *deployments = NULL;
	const json_t *deployment;
	size_t i;
	int r = list && prefix ? arm_list(m->arm, list, &deployments, err) : error_oom(err);

	json_array_foreach(deployments, i, deployment)
	{
		const char *name = arm_text(deployment, "name");
		_cleanup_free_ char *path = NULL;

		if (r < 0 || !name || strncasecmp(name, prefix, strlen(prefix)) != 0 ||
		    strlen(name) != strlen(prefix) + 8)
			continue;
		path = string_printf("%s/providers/Microsoft.Resources/deployments/%s?"
				     "api-version=" RESOURCES_API,
				     m->names.group_path, name);
		if (!path)
			return error_oom(err);
		r = remove ? arm_delete(m->arm, path, err) : deploy_await(m->arm, path, err);
	}
	return r;
}

static int remove_all(struct removal *m, const json_t *group, struct error **err)
{
	static const enum deploy_resource order[] = {DEPLOY_INTERFACE, DEPLOY_ADDRESS,
						     DEPLOY_FIREWALL, DEPLOY_NETWORK};
	int r = each_deployment(m, false, err);

	if (r >= 0)
		r = each_disk(m, close_disk, err);
	if (r >= 0)
		r = remove_vm(m, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(order); i++)
		r = remove_kind(m, order[i], err);
	if (r >= 0)
		r = each_disk(m, remove_disk, err);
	if (r >= 0)
		r = each_deployment(m, true, err);
	return r < 0 ? r : remove_group(m, group, err);
}

int deploy_down(struct arm *a, struct deploy_down *d, struct deploy_progress *progress,
		struct error **err)
{
	_cleanup_(removal_release) struct removal m = {.arm = a, .d = d, .progress = progress};
	_cleanup_json_ json_t *group = NULL;
	_cleanup_free_ char *path = NULL;
	int r = deploy_names_make(a, d->name, d->group, "", &m.names, err);

	if (r < 0)
		return r;
	path = deploy_group_path(&m.names);
	r = path ? arm_find(a, path, &group, err) : error_oom(err);
	return r < 0 || !group ? r : remove_all(&m, group, err);
}

static int remove_former(struct removal *m, const json_t *disk, struct error **err)
{
	const char *role = deploy_tag(disk, "tdnode-role");

	if (azure_same(role, "data") || azure_same(arm_text(disk, "id"), m->present))
		return 0;
	return remove_disk(m, disk, err);
}

int deploy_forget(struct arm *a, struct deploy_down *d, struct deploy_progress *progress,
		  struct error **err)
{
	_cleanup_(removal_release) struct removal m = {.arm = a, .d = d, .progress = progress};
	_cleanup_json_ json_t *vm = NULL;
	_cleanup_free_ char *path = NULL;
	int r = deploy_names_make(a, d->name, d->group, "", &m.names, err);

	if (r < 0)
		return r;
	path = deploy_path(&m.names, DEPLOY_VM);
	r = path ? arm_find(a, path, &vm, err) : error_oom(err);
	if (r < 0)
		return r;
	m.present = arm_text(vm, "properties.storageProfile.osDisk.managedDisk.id");
	/* Which is the present one must be known before any other is deleted. */
	if (!deploy_is_ours(&m.names, vm) || !m.present)
		return error_set(err, -ENOENT,
				 "there is no virtual machine '%s' of ours in group '%s' whose "
				 "system disk is known",
				 d->name, m.names.group);
	return each_disk(&m, remove_former, err);
}
