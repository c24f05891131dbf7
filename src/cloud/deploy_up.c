#include "cloud/deploy_up.h"

#include <errno.h>

#include "cloud/azure_storage.h"
#include "cloud/deploy_upload.h"

#define DEPLOYMENT_POLL_MS 1000
#define DEPLOYMENT_POLLS 3600

/* A version is complete once it is copied to all regions. */
#define VERSION_POLL_MS 5000
#define VERSION_POLLS 1440

static int await_replicas(struct arm *a, const struct plan *p, struct error **err)
{
	_cleanup_free_ char *path =
		string_printf("%s?$expand=ReplicationStatus&api-version=" GALLERY_VERSION_API,
			      p->gallery.version);

	if (!path)
		return error_oom(err);
	for (int i = 0; i < VERSION_POLLS; i++) {
		_cleanup_json_ json_t *version = NULL;
		int r = arm_get(a, path, &version, err);
		const char *state =
			arm_text(version, "properties.replicationStatus.aggregatedState");

		if (r < 0 || !state || azure_same(state, "Completed"))
			return r;
		if (azure_same(state, "Failed"))
			return error_set(err, -EIO, "version %s could not be copied to all regions",
					 p->gallery.number);
		if (interrupt_wait(&a->interrupt, VERSION_POLL_MS))
			return interrupt_check(&a->interrupt, err);
	}
	return error_set(err, -ETIMEDOUT, "version %s is not in all regions after two hours",
			 p->gallery.number);
}

/* The account says itself where its blobs are: elsewhere than in the plan, in other clouds. */
static int put_version(struct arm *a, const struct plan *p, const struct plan_step *step,
		       struct error **err)
{
	_cleanup_(azure_storage_release) struct azure_storage storage = {0};
	_cleanup_json_ json_t *body = NULL;
	_cleanup_free_ char *url = NULL;
	bool exists;
	int r = azure_storage_find(a, p->gallery.account_id, p->gallery.account, &exists, &storage,
				   err);

	if (r >= 0 && !exists)
		r = error_set(err, -ENOENT, "the storage account '%s' is gone", p->gallery.account);
	if (r < 0)
		return r;
	url = azure_storage_url(&storage, p->gallery.blob);
	body = json_deep_copy(step->body);
	if (!url || !body ||
	    json_object_set_new((json_t *)(uintptr_t)arm_member(
					body, "properties.storageProfile.osDiskImage.source"),
				"uri", json_string(url)) < 0)
		return error_oom(err);
	r = arm_put(a, step->path, body, NULL, err);
	return r < 0 ? r : await_replicas(a, p, err);
}

static int remove_blob(struct arm *a, const struct plan *p, struct error **err)
{
	_cleanup_(azure_storage_release) struct azure_storage storage = {0};
	bool exists;
	int r = azure_storage_find(a, p->gallery.account_id, p->gallery.account, &exists, &storage,
				   err);

	return r < 0 || !exists ? r : azure_storage_delete(&storage, p->gallery.blob, err);
}

/* One of this name may still be under way, of a run that was killed: nobody can begin another until it ends. */
int deploy_await(struct arm *a, const char *path, struct error **err)
{
	for (int i = 0; i < DEPLOYMENT_POLLS; i++) {
		_cleanup_json_ json_t *deployment = NULL;
		int r = arm_find(a, path, &deployment, err);
		const char *state = arm_text(deployment, "properties.provisioningState");

		if (r < 0 || !state || azure_same(state, "Succeeded") ||
		    azure_same(state, "Failed") || azure_same(state, "Canceled"))
			return r;
		if (interrupt_wait(&a->interrupt, DEPLOYMENT_POLL_MS))
			return interrupt_check(&a->interrupt, err);
	}
	return error_set(err, -ETIMEDOUT, "an earlier deployment does not end");
}

/* "validate" and "whatIf": Azure looks at the template, and makes nothing. */
static int ask_about(struct arm *a, const struct plan *p, const char *what, const json_t *body,
		     json_t **ret, struct error **err)
{
	_cleanup_free_ char *path = plan_deployment_path(&p->names, p->settings, what);

	return path ? arm_post(a, path, body, ret, err) : error_oom(err);
}

/* What was made may not show for a while: the next plan would make it again. */
static int await_parts(struct arm *a, const struct plan *p, struct error **err)
{
	int r = 0;

	for (int k = 0; r >= 0 && k < DEPLOY_TEMPLATE_RESOURCES; k++) {
		_cleanup_free_ char *path = deploy_path(&p->names, (enum deploy_resource)k);

		r = path ? arm_await(a, path, err) : error_oom(err);
	}
	return r;
}

static int deploy_template(struct arm *a, const struct plan *p, const struct plan_step *s,
			   struct error **err)
{
	int r = deploy_await(a, s->path, err);

	if (r < 0)
		return r;
	r = ask_about(a, p, "validate", s->body, NULL, err);
	if (r < 0)
		return error_wrap(err, r, "Azure does not take the template");
	r = arm_put(a, s->path, s->body, NULL, err);
	return r < 0 ? r : await_parts(a, p, err);
}

static int tag_os_disk(struct arm *a, const struct plan *p, struct error **err)
{
	_cleanup_free_ char *path = deploy_path(&p->names, DEPLOY_OS_DISK);
	_cleanup_json_ json_t *body =
		json_pack("{s:o}", "tags",
			  deploy_tags(p->settings, &p->names, "os", p->settings->image.sha256));

	return path && body ? arm_patch(a, path, body, err) : error_oom(err);
}

static int do_step(struct arm *a, const struct plan *p, const struct plan_step *s,
		   struct deploy_progress *progress, struct error **err)
{
	switch (s->kind) {
	case PLAN_REGISTER:
		return azure_provider_register(a, s->name, err);
	case PLAN_PUT:
		return arm_put(a, s->path, s->body, NULL, err);
	case PLAN_PATCH:
		return arm_patch(a, s->path, s->body, err);
	case PLAN_REMOVE:
		return arm_delete(a, s->path, err);
	case PLAN_UPLOAD_IMAGE:
		return deploy_upload_image(a, p, progress, err);
	case PLAN_VERSION:
		return put_version(a, p, s, err);
	case PLAN_REMOVE_BLOB:
		return remove_blob(a, p, err);
	case PLAN_UPLOAD_DISK:
		return deploy_upload_disk(a, p, s, progress, err);
	case PLAN_DEPLOY:
		return deploy_template(a, p, s, err);
	case PLAN_TAG_OS_DISK:
		return tag_os_disk(a, p, err);
	default:
		return 0;
	}
}

int deploy_up(struct arm *a, const struct plan *p, struct deploy_progress *progress,
	      struct error **err)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *s = &p->steps[i];
		_cleanup_free_ char *what =
			string_printf("%s %s %s", plan_action_name(s->action), s->what, s->name);
		int r = interrupt_check(&a->interrupt, err);

		if (r < 0)
			return r;
		if (s->kind == PLAN_NOTHING)
			continue;
		/* An upload has a progress of its own. */
		if (s->kind != PLAN_UPLOAD_IMAGE && s->kind != PLAN_UPLOAD_DISK)
			progress_begin(progress->progress, what ? what : s->what, 0, false);
		r = do_step(a, p, s, progress, err);
		if (r < 0)
			return error_wrap(err, r, "%s", what ? what : s->what);
		progress_end(progress->progress, NULL);
	}
	return 0;
}

int deploy_what_if(struct arm *a, const struct plan *p, json_t **ret, struct error **err)
{
	*ret = NULL;
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *s = &p->steps[i];

		if (s->kind == PLAN_DEPLOY)
			return ask_about(a, p, "whatIf", s->body, ret, err);
		if (s->kind != PLAN_NOTHING && s->kind != PLAN_TAG_OS_DISK)
			return 0;
	}
	return 0;
}
