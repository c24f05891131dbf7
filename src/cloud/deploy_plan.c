#include "cloud/deploy_plan.h"

#include <errno.h>

static const char *const services[] = {"Microsoft.Compute", "Microsoft.Network",
				       "Microsoft.Storage"};

/* What `up` does; docs/azure.md has the role with all of them. */
static const char *const actions[] = {
	"Microsoft.Resources/subscriptions/resourceGroups/write",
	"Microsoft.Resources/deployments/write",
	"Microsoft.Compute/virtualMachines/write",
	"Microsoft.Compute/disks/write",
	"Microsoft.Network/networkInterfaces/write",
	"Microsoft.Network/networkSecurityGroups/write",
	"Microsoft.Network/publicIPAddresses/write",
	"Microsoft.Network/virtualNetworks/write",
	NULL,
};

const char *plan_action_name(enum plan_action a)
{
	static const char *const names[] = {
		[PLAN_KEEP] = "keep",	  [PLAN_CREATE] = "create", [PLAN_CHANGE] = "change",
		[PLAN_UPLOAD] = "upload", [PLAN_DELETE] = "delete",
	};

	return names[a];
}

static void step_release(struct plan_step *s)
{
	free(s->note);
	free(s->path);
	json_decref(s->body);
}

void plan_release(struct plan *p)
{
	deploy_names_release(&p->names);
	gallery_release(&p->gallery);
	for (size_t i = 0; i < p->n; i++)
		step_release(&p->steps[i]);
	free(p->steps);
	azure_size_release(&p->size);
	free(p->quota);
	json_decref(p->document);
	json_decref(p->vm);
	string_list_release(&p->remarks);
	string_list_release(&p->names_of_steps);
	*p = (struct plan){0};
}

static bool needs_path(enum plan_kind k)
{
	return k == PLAN_PUT || k == PLAN_PATCH || k == PLAN_REMOVE || k == PLAN_VERSION ||
	       k == PLAN_UPLOAD_DISK || k == PLAN_DEPLOY;
}

int plan_add(struct plan *p, const struct plan_step *step, struct error **err)
{
	struct plan_step made = *step;
	bool ok = !needs_path(made.kind) || (made.path && (made.body || made.kind == PLAN_REMOVE));

	ok = ok && string_list_add(&p->names_of_steps, step->name) >= 0 &&
	     array_reserve(&p->steps, &p->capacity, p->n + 1, sizeof *p->steps) >= 0;
	if (!ok) {
		step_release(&made);
		return error_oom(err);
	}
	made.name = p->names_of_steps.items[p->names_of_steps.n - 1];
	p->steps[p->n++] = made;
	return 0;
}

static int remark(struct plan *p, char *text, struct error **err)
{
	return text && string_list_take(&p->remarks, text) >= 0 ? 0 : error_oom(err);
}

static int plan_services(struct arm *a, struct plan *p, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		_cleanup_error_ struct error *why = NULL;
		bool ready = true;
		int r = azure_provider_is_ready(a, services[i], &ready, &why);

		/* Who may not look will hear of it when something is made. */
		if (r < 0 && r != -EACCES)
			return error_move(err, r, &why);
		if (!ready)
			r = plan_add(p,
				     &(struct plan_step){.action = PLAN_CHANGE,
							 .kind = PLAN_REGISTER,
							 .what = "service of Azure",
							 .name = services[i],
							 .note = strdup("is registered")},
				     err);
		else
			r = 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_permissions(struct arm *a, const struct plan *p, struct error **err)
{
	_cleanup_free_ char *subscription = arm_path(a, "%s", "");
	const char *missing = NULL, *scope = p->has_group ? p->names.group_path : subscription;
	int r = subscription ? azure_action_missing(a, scope, actions, &missing, err)
			     : error_oom(err);

	if (r < 0 || !missing)
		return r;
	/* A group that is there need not be made. */
	return error_set(err, -EACCES,
			 "%s may not '%s' at %s: a role is missing (docs/azure.md has one that "
			 "suffices)",
			 azure_sign_in_text(&a->sign_in), missing, scope);
}

static int plan_group(struct arm *a, struct plan *p, struct error **err)
{
	const struct deploy_settings *s = p->settings;
	_cleanup_free_ char *path = deploy_group_path(&p->names);
	_cleanup_json_ json_t *group = NULL;
	const char *location;
	int r = path ? arm_find(a, path, &group, err) : error_oom(err);

	if (r < 0)
		return r;
	p->has_group = group;
	location = arm_text(group, "location");
	if (group && !deploy_is_ours(&p->names, group))
		r = remark(p,
			   string_printf("the resource group '%s' is not ours: it is used, and "
					 "never deleted%s%s",
					 p->names.group, location ? ", in " : "",
					 location ? location : ""),
			   err);
	if (r < 0)
		return r;
	return plan_add(
		p,
		&(struct plan_step){.action = group ? PLAN_KEEP : PLAN_CREATE,
				    .kind = group ? PLAN_NOTHING : PLAN_PUT,
				    .what = "resource group",
				    .name = p->names.group,
				    .path = TAKE_PTR(path),
				    .body = json_pack("{s:s, s:o}", "location", s->region, "tags",
						      deploy_tags(s, &p->names, "group", NULL))},
		err);
}

/* A resource of ours, NULL if there is none. One that is not ours has our name. */
static int find_ours(struct arm *a, const struct plan *p, enum deploy_resource k, json_t **ret,
		     struct error **err)
{
	_cleanup_free_ char *path = deploy_path(&p->names, k);
	_cleanup_json_ json_t *found = NULL;
	int r = 0;

	*ret = NULL;
	if (!path)
		return error_oom(err);
	if (p->has_group)
		r = arm_find_settled(a, path, &found, err);
	if (r < 0 || !found)
		return r;
	/* A disk that a VM brought along gets its tags afterwards: by its name it is of this image. */
	if (!deploy_is_ours(&p->names, found) &&
	    !(k == DEPLOY_OS_DISK && !json_object_size(json_object_get(found, "tags"))))
		return error_set(err, -ERROR_REFUSED,
				 "the name '%s' is taken: '%s' has a %s that is not ours",
				 p->names.names[k], p->names.group, deploy_kind(k)->text);
	*ret = TAKE_PTR(found);
	return 0;
}

static int plan_data_disk(struct arm *a, struct plan *p, struct error **err)
{
	const struct deploy_settings *s = p->settings;
	_cleanup_json_ json_t *disk = NULL;
	json_int_t gib;
	char *note;
	int r = find_ours(a, p, DEPLOY_DATA_DISK, &disk, err);

	if (r < 0)
		return r;
	/* What is there is attached, whether it was asked for or not: it is this node's. */
	p->has_data = disk;
	p->source.has_data_disk = disk || s->data_gib;
	if (!p->source.has_data_disk)
		return remark(p,
			      strdup("there is no data disk: what the node keeps is gone with "
				     "its system disk (--data-size)"),
			      err);
	gib = disk ? json_integer_value(arm_member(disk, "properties.diskSizeGB"))
		   : (json_int_t)s->data_gib;
	if (disk && s->data_gib && gib != (json_int_t)s->data_gib)
		r = remark(p,
			   string_printf("the data disk has %lld GiB, not %llu: 'grow' makes it "
					 "larger",
					 (long long)gib, (unsigned long long)s->data_gib),
			   err);
	if (r < 0)
		return r;
	note = string_printf("%lld GiB, %s", (long long)gib,
			     disk ? arm_text(disk, "sku.name") : s->data_sku);
	return plan_add(p,
			&(struct plan_step){.action = disk ? PLAN_KEEP : PLAN_CREATE,
					    .kind = disk ? PLAN_NOTHING : PLAN_PUT,
					    .what = "data disk",
					    .name = p->names.names[DEPLOY_DATA_DISK],
					    .note = note,
					    .path = deploy_path(&p->names, DEPLOY_DATA_DISK),
					    .body = template_data_disk(s, &p->names)},
			err);
}

/* The system disk of this image, by either way; a VM that has it keeps it. */
static int plan_os_disk(struct arm *a, struct plan *p, struct error **err)
{
	const struct deploy_settings *s = p->settings;
	_cleanup_json_ json_t *disk = NULL;
	int r = find_ours(a, p, DEPLOY_OS_DISK, &disk, err);
	bool whole;

	if (r < 0)
		return r;
	whole = disk && (s->vtpm == VTPM_PERSISTENT || deploy_tag(disk, "tdnode-uploaded"));
	if (whole)
		return plan_add(p,
				&(struct plan_step){.action = PLAN_KEEP,
						    .kind = deploy_is_ours(&p->names, disk)
								    ? PLAN_NOTHING
								    : PLAN_TAG_OS_DISK,
						    .what = "system disk",
						    .name = p->names.names[DEPLOY_OS_DISK]},
				err);
	if (s->vtpm == VTPM_EPHEMERAL)
		return plan_add(p,
				&(struct plan_step){.action = PLAN_UPLOAD,
						    .kind = PLAN_UPLOAD_DISK,
						    .what = "system disk",
						    .name = p->names.names[DEPLOY_OS_DISK],
						    .path = deploy_path(&p->names, DEPLOY_OS_DISK),
						    .body = template_upload_disk(s, &p->names)},
				err);
	r = gallery_make(a, s, &p->gallery, err);
	if (r < 0)
		return r;
	p->source.version_id = p->gallery.version;
	r = plan_image(a, p, err);
	if (r < 0)
		return r;
	return plan_add(p,
			&(struct plan_step){.action = PLAN_CREATE,
					    .kind = PLAN_NOTHING,
					    .what = "system disk",
					    .name = p->names.names[DEPLOY_OS_DISK],
					    .note = strdup("by the virtual machine")},
			err);
}

/* Disks of earlier images: the one before the present one stays, older ones go. */
static int plan_old_disks(struct arm *a, struct plan *p, struct error **err)
{
	_cleanup_free_ char *path =
		string_printf("%s/providers/Microsoft.Compute/disks?api-version=%s",
			      p->names.group_path, deploy_kind(DEPLOY_OS_DISK)->version);
	const char *now = arm_text(p->vm, "properties.storageProfile.osDisk.managedDisk.id");
	_cleanup_json_ json_t *disks = NULL;
	const json_t *disk;
	size_t i;
	int r = path ? arm_list(a, path, &disks, err) : error_oom(err);

	json_array_foreach(disks, i, disk)
	{
		const char *id = arm_text(disk, "id"), *role = deploy_tag(disk, "tdnode-role");

		if (r < 0 || !id || !deploy_is_ours(&p->names, disk) || azure_same(role, "data") ||
		    azure_same(id, now) || azure_same(id, p->names.ids[DEPLOY_OS_DISK]))
			continue;
		r = plan_add(p,
			     &(struct plan_step){
				     .action = PLAN_DELETE,
				     .kind = PLAN_REMOVE,
				     .what = "system disk",
				     .name = arm_text(disk, "name"),
				     .note = strdup("of an image before the present one"),
				     .path = string_printf("%s?api-version=%s", id,
							   deploy_kind(DEPLOY_OS_DISK)->version)},
			     err);
	}
	return r;
}

static int plan_mark(struct plan *p, const char *id, const char *role, const char *sha256,
		     struct error **err)
{
	json_t *tags = deploy_tags(p->settings, &p->names, role, sha256);

	/* What was uploaded is whole, or it would not be a system disk. */
	if (p->settings->vtpm == VTPM_EPHEMERAL && sha256 && tags)
		json_object_set_new(tags, "tdnode-uploaded", json_string(sha256));
	return plan_add(
		p,
		&(struct plan_step){.action = PLAN_CHANGE,
				    .kind = PLAN_PATCH,
				    .what = "system disk",
				    .name = path_basename(id),
				    .note = string_printf("marked as %s%s", role,
							  azure_same(role, "former")
								  ? ": it stays until the new "
								    "machine is accepted"
								  : ""),
				    .path = string_printf("%s?api-version=%s", id,
							  deploy_kind(DEPLOY_OS_DISK)->version),
				    .body = json_pack("{s:o}", "tags", tags)},
		err);
}

/* The VM of another image makes room: its disk stays, marked, so that one can go back. */
static int plan_replacement(struct arm *a, struct plan *p, enum plan_scope scope,
			    struct error **err)
{
	const char *disk = arm_text(p->vm, "properties.storageProfile.osDisk.managedDisk.id");
	const char *sha256 = deploy_tag(p->vm, "tdnode-image");
	int r;

	if (!p->replaces)
		return 0;
	r = plan_old_disks(a, p, err);
	if (r >= 0 && disk)
		r = plan_mark(p, disk, scope == PLAN_BACK ? "left" : "former", sha256, err);
	if (r >= 0 && !p->source.version_id)
		r = plan_mark(p, p->names.ids[DEPLOY_OS_DISK], "os", p->settings->image.sha256,
			      err);
	if (r < 0)
		return r;
	return plan_add(p,
			&(struct plan_step){.action = PLAN_DELETE,
					    .kind = PLAN_REMOVE,
					    .what = "virtual machine",
					    .name = p->names.names[DEPLOY_VM],
					    .note = strdup("disks, address and interface stay"),
					    .path = deploy_path(&p->names, DEPLOY_VM)},
			err);
}

char *plan_deployment_path(const struct deploy_names *n, const struct deploy_settings *s,
			   const char *what)
{
	return string_printf("%s/providers/Microsoft.Resources/deployments/tdnode-%s-%.8s%s%s?"
			     "api-version=2021-04-01",
			     n->group_path, s->name, s->image.sha256, what[0] ? "/" : "", what);
}

/* The template of an image that was deployed before, with its disk attached instead of made. */
static int former_document(struct arm *a, struct plan *p, struct error **err)
{
	_cleanup_free_ char *path = plan_deployment_path(&p->names, p->settings, "exportTemplate");
	_cleanup_json_ json_t *answer = NULL;
	json_t *document, *vm, *profile;
	int r = path ? arm_post(a, path, NULL, &answer, err) : error_oom(err);

	if (r < 0)
		return r;
	document = json_object_get(answer, "template");
	vm = json_array_get(json_object_get(document, "resources"), DEPLOY_VM);
	profile = json_object_get(json_object_get(vm, "properties"), "storageProfile");
	if (!profile)
		return error_set(err, -ERROR_MALFORMED,
				 "the template of the former deployment has no virtual machine");
	json_object_del(profile, "imageReference");
	if (json_object_set_new(profile, "osDisk",
				template_os_disk(p->settings, &p->names, &p->source)) < 0)
		return error_oom(err);
	p->document = json_incref(document);
	return 0;
}

/* Whether a resource of the template is there as it should be. */
static int plan_part(struct arm *a, struct plan *p, enum deploy_resource k, bool *ret_done,
		     struct error **err)
{
	const json_t *wanted = json_array_get(json_object_get(p->document, "resources"), k);
	_cleanup_json_ json_t *existing = NULL;
	const char *spec = deploy_tag(wanted, "tdnode-spec");
	enum plan_action action = PLAN_CREATE;
	int r = spec ? 0 : error_oom(err);

	if (r >= 0 && k == DEPLOY_VM)
		existing = p->replaces ? NULL : json_incref(p->vm);
	else if (r >= 0)
		r = find_ours(a, p, k, &existing, err);
	if (r < 0)
		return r;
	if (existing)
		action = azure_same(deploy_tag(existing, "tdnode-spec"), spec) &&
					 azure_same(
						 arm_text(existing, "properties.provisioningState"),
						 "Succeeded")
				 ? PLAN_KEEP
				 : PLAN_CHANGE;
	*ret_done = *ret_done && action == PLAN_KEEP;
	return plan_add(p,
			&(struct plan_step){.action = action,
					    .what = deploy_kind(k)->text,
					    .name = p->names.names[k]},
			err);
}

static int plan_template(struct arm *a, struct plan *p, enum plan_scope scope, struct error **err)
{
	bool done = true;
	int r = 0;

	if (scope == PLAN_BACK)
		r = former_document(a, p, err);
	else
		p->document = template_document(p->settings, &p->names, &p->source);
	for (int k = 0; r >= 0 && k < DEPLOY_TEMPLATE_RESOURCES; k++)
		r = plan_part(a, p, (enum deploy_resource)k, &done, err);
	if (r < 0 || done)
		return r;
	r = plan_add(p,
		     &(struct plan_step){.action = PLAN_CHANGE,
					 .kind = PLAN_DEPLOY,
					 .what = "deployment",
					 .name = p->settings->name,
					 .note = strdup("of what is created or changed above"),
					 .path = plan_deployment_path(&p->names, p->settings, ""),
					 .body = template_request(json_incref(p->document))},
		     err);
	if (r >= 0 && p->source.version_id)
		r = plan_add(p,
			     &(struct plan_step){.action = PLAN_CHANGE,
						 .kind = PLAN_TAG_OS_DISK,
						 .what = "system disk",
						 .name = p->names.names[DEPLOY_OS_DISK],
						 .note = strdup("gets its tags")},
			     err);
	return r;
}

static int plan_size(struct arm *a, struct plan *p, struct error **err)
{
	const struct deploy_settings *s = p->settings;
	int r = azure_size_find(a, s->region, s->size, s->zone, &p->size, err);

	if (r >= 0 && !p->vm)
		r = azure_quota_check(a, s->region, &p->size, 1, &p->quota, err);
	return r;
}

/* A VM is in its place: region, zone, and how its disk came to be, do not change. */
static int judge_vm(struct plan *p, struct error **err)
{
	const struct deploy_settings *s = p->settings;
	const char *location = arm_text(p->vm, "location");
	const char *option = arm_text(p->vm, "properties.storageProfile.osDisk.createOption");

	if (!p->vm)
		return 0;
	if (s->region && !azure_same_region(location, s->region))
		return error_set(err, -ERROR_REFUSED, "'%s' is in %s, not in %s", s->name,
				 location ? location : "?", s->region);
	p->replaces = !azure_same(deploy_tag(p->vm, "tdnode-image"), s->image.sha256);
	if (!p->replaces && azure_same(option, "FromImage"))
		p->source.version_id =
			arm_text(p->vm, "properties.storageProfile.imageReference.id");
	return 0;
}

bool plan_locks_out(const struct plan *p)
{
	return p->replaces && p->has_data && p->scope == PLAN_VM && !p->settings->image.recovers;
}

/* What opens the data disk, of a machine that is to be made. */
static int remark_lock(struct plan *p, struct error **err)
{
	const char *text;

	if (!p->source.has_data_disk || (p->vm && !p->replaces))
		return 0;
	if (p->settings->vtpm == VTPM_EPHEMERAL)
		text = "the TPM is empty at each boot: the data disk waits for its recovery key "
		       "each time (docs/unlock.md)";
	else if (!p->has_data)
		return 0;
	else if (p->scope == PLAN_BACK)
		text = "the former virtual machine has its own TPM: that opens the data disk, "
		       "unless it was recovered for another machine since (docs/unlock.md)";
	else
		text = "the new virtual machine has a new TPM: its data disk waits for the "
		       "recovery key (docs/unlock.md)";
	if (remark(p, strdup(text), err) < 0)
		return -ENOMEM;
	if (p->scope == PLAN_BACK || p->settings->image.recovers)
		return 0;
	return remark(p,
		      strdup("the image has no RecoveryKey=, so it can take none: what another TPM "
			     "opened stays locked"),
		      err);
}

static int plan_machine(struct arm *a, struct plan *p, enum plan_scope scope, struct error **err)
{
	int r = plan_services(a, p, err);

	if (r >= 0)
		r = plan_group(a, p, err);
	if (r >= 0)
		r = plan_permissions(a, p, err);
	if (r >= 0)
		r = find_ours(a, p, DEPLOY_VM, &p->vm, err);
	if (r >= 0 && scope == PLAN_VM)
		r = plan_size(a, p, err);
	if (r >= 0)
		r = judge_vm(p, err);
	if (r >= 0)
		r = plan_data_disk(a, p, err);
	if (r >= 0)
		r = remark_lock(p, err);
	if (r >= 0)
		r = plan_os_disk(a, p, err);
	if (r >= 0)
		r = plan_replacement(a, p, scope, err);
	if (r >= 0)
		r = plan_template(a, p, scope, err);
	return r;
}

int plan_make(struct arm *a, const struct deploy_settings *s, enum plan_scope scope,
	      struct plan *ret, struct error **err)
{
	_cleanup_(plan_release) struct plan p = {.settings = s, .scope = scope};
	int r;

	if (scope == PLAN_PUBLISH) {
		r = plan_services(a, &p, err);
		if (r >= 0)
			r = gallery_make(a, s, &p.gallery, err);
		if (r >= 0)
			r = plan_image(a, &p, err);
	} else {
		r = deploy_names_make(a, s->name, s->group, s->image.sha256, &p.names, err);
		if (r >= 0)
			r = plan_machine(a, &p, scope, err);
	}
	if (r < 0)
		return r;
	*ret = p;
	p = (struct plan){0};
	return 0;
}

bool plan_is_done(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->steps[i].kind != PLAN_NOTHING || p->steps[i].action != PLAN_KEEP)
			return false;
	return true;
}

void plan_text(const struct plan *p, struct buffer *b)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *s = &p->steps[i];

		buffer_printf(b, "%-7s %-18s %s%s%s%s\n", plan_action_name(s->action), s->what,
			      s->name, s->note ? " (" : "", s->note ? s->note : "",
			      s->note ? ")" : "");
	}
	if (p->size.name)
		buffer_printf(b, "size    %s: %llu processors, %s GiB, disks by %s\n", p->size.name,
			      (unsigned long long)p->size.cpus, p->size.memory,
			      p->size.controllers[0] ? p->size.controllers : "?");
	if (p->quota)
		buffer_printf(b, "quota   %s\n", p->quota);
	for (size_t i = 0; i < p->remarks.n; i++)
		buffer_printf(b, "note    %s\n", p->remarks.items[i]);
	if (p->replaces)
		buffer_printf(b, "another image: 'replace' does it%s\n",
			      plan_locks_out(p) ? ", with --leave-data-locked" : "");
	else if (plan_is_done(p))
		buffer_put_string(b, "nothing to do\n");
}

static json_t *step_json(const struct plan_step *s)
{
	/* What is kept has no request. */
	bool asked = s->kind != PLAN_NOTHING;

	return json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:O*}", "action", plan_action_name(s->action),
			 "what", s->what, "name", s->name, "note", s->note, "path",
			 asked ? s->path : NULL, "body", asked ? s->body : NULL);
}

json_t *plan_json(const struct plan *p)
{
	json_t *steps = json_array(), *remarks = json_array();
	bool ok = steps && remarks;

	for (size_t i = 0; ok && i < p->n; i++)
		ok = json_array_append_new(steps, step_json(&p->steps[i])) >= 0;
	for (size_t i = 0; ok && i < p->remarks.n; i++)
		ok = json_array_append_new(remarks, json_string(p->remarks.items[i])) >= 0;
	return json_pack("{s:b, s:b, s:o, s:o, s:s*, s:s*}", "nothing_to_do", plan_is_done(p),
			 "replaces", p->replaces, "steps", json_complete(steps, ok), "notes",
			 json_complete(remarks, ok), "size", p->size.name, "quota", p->quota);
}
