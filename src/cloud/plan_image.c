/*
 * The part of a plan that brings an image into the gallery.
 */
#include "cloud/deploy_plan.h"

#include "cloud/arm_answer.h"
#include "cloud/azure_storage.h"

/* A resource that is made once and then left as it is. */
static int plan_once(struct arm *a, struct plan *p, const struct plan_step *step,
		     json_t **ret_existing, struct error **err)
{
	_cleanup_json_ json_t *existing = NULL;
	struct plan_step made = *step;
	int r;

	if (!step->path) {
		json_decref(step->body);
		return error_oom(err);
	}
	r = arm_find_settled(a, step->path, &existing, err);
	if (r < 0) {
		free(step->path);
		json_decref(step->body);
		return r;
	}
	made.action = existing ? PLAN_KEEP : PLAN_CREATE;
	made.kind = existing ? PLAN_NOTHING : PLAN_PUT;
	/* What failed is there, and of no use. */
	if (existing && arm_resource_state(existing) < 0) {
		made.action = PLAN_CHANGE;
		made.kind = PLAN_PUT;
	}
	r = plan_add(p, &made, err);
	if (r >= 0 && ret_existing)
		*ret_existing = TAKE_PTR(existing);
	return r;
}

static int plan_homes(struct arm *a, struct plan *p, struct error **err)
{
	const struct deploy_settings *s = p->settings;
	const struct gallery *g = &p->gallery;
	_cleanup_json_ json_t *definition = NULL;
	int r = plan_once(a, p,
			  &(struct plan_step){
				  .what = "resource group",
				  .name = s->image_group,
				  .path = string_printf("%s?api-version=2021-04-01", g->group_path),
				  .body = gallery_group_body(s)},
			  NULL, err);

	if (r >= 0)
		r = plan_once(a, p,
			      &(struct plan_step){.what = "gallery",
						  .name = s->gallery,
						  .path = gallery_path(g->id),
						  .body = gallery_body(s)},
			      NULL, err);
	if (r >= 0)
		r = plan_once(a, p,
			      &(struct plan_step){.what = "image definition",
						  .name = s->image.name,
						  .path = gallery_path(g->definition),
						  .body = gallery_definition_body(s)},
			      &definition, err);
	if (r >= 0 && definition)
		r = gallery_definition_check(definition, s->image.name, err);
	return r;
}

static int plan_account(struct arm *a, struct plan *p, struct error **err)
{
	const struct gallery *g = &p->gallery;
	int r = plan_once(a, p,
			  &(struct plan_step){
				  .what = "storage account",
				  .name = g->account,
				  .path = string_printf("%s?api-version=2023-01-01", g->account_id),
				  .body = gallery_account_body(p->settings)},
			  NULL, err);

	if (r < 0)
		return r;
	return plan_once(
		a, p,
		&(struct plan_step){
			.what = "storage container",
			.name = STORAGE_CONTAINER,
			.path = string_printf(
				"%s/blobServices/default/containers/" STORAGE_CONTAINER
				"?api-version=2023-01-01",
				g->account_id),
			.body = json_pack("{s:{s:s}}", "properties", "publicAccess", "None")},
		NULL, err);
}

/* Upload, version, and the blob is not needed any more. */
static int plan_version(struct plan *p, const json_t *existing, enum gallery_state state,
			struct error **err)
{
	const struct deploy_settings *s = p->settings;
	const struct gallery *g = &p->gallery;
	_cleanup_free_ char *url = string_printf(
		"https://%s.blob.core.windows.net/" STORAGE_CONTAINER "/%s", g->account, g->blob);
	int r = 0;

	if (!url)
		return error_oom(err);
	if (state == GALLERY_FAILED)
		r = plan_add(p,
			     &(struct plan_step){.action = PLAN_DELETE,
						 .kind = PLAN_REMOVE,
						 .what = "image version",
						 .name = g->number,
						 .note = strdup("it failed earlier"),
						 .path = gallery_path(g->version)},
			     err);
	if (r >= 0)
		r = plan_add(p,
			     &(struct plan_step){.action = PLAN_UPLOAD,
						 .kind = PLAN_UPLOAD_IMAGE,
						 .what = "image",
						 .name = g->blob,
						 .note = string_printf(
							 "%llu bytes, of which zeros are not sent",
							 (unsigned long long)s->image.size)},
			     err);
	if (r >= 0)
		r = plan_add(p,
			     &(struct plan_step){
				     .action = PLAN_CREATE,
				     .kind = PLAN_VERSION,
				     .what = "image version",
				     .name = g->number,
				     .note = strdup("takes Azure 5 to 13 minutes"),
				     .path = gallery_path(g->version),
				     .body = gallery_version_body(
					     s, g, url, state == GALLERY_FAILED ? NULL : existing)},
			     err);
	if (r >= 0)
		r = plan_add(p,
			     &(struct plan_step){.action = PLAN_DELETE,
						 .kind = PLAN_REMOVE_BLOB,
						 .what = "uploaded image",
						 .name = g->blob,
						 .note = strdup("the version is a copy")},
			     err);
	return r;
}

int plan_image(struct arm *a, struct plan *p, struct error **err)
{
	const struct deploy_settings *s = p->settings;
	const struct gallery *g = &p->gallery;
	_cleanup_free_ char *path = gallery_path(g->version);
	_cleanup_json_ json_t *version = NULL;
	enum gallery_state state;
	int r = path ? plan_homes(a, p, err) : error_oom(err);

	if (r >= 0)
		r = arm_find(a, path, &version, err);
	if (r >= 0)
		r = gallery_version_state(s, g, version, &state, err);
	if (r < 0)
		return r;
	if (state == GALLERY_READY || state == GALLERY_ELSEWHERE)
		return plan_add(
			p,
			&(struct plan_step){
				.action = state == GALLERY_READY ? PLAN_KEEP : PLAN_CHANGE,
				.kind = state == GALLERY_READY ? PLAN_NOTHING : PLAN_PUT,
				.what = "image version",
				.name = g->number,
				.note = state == GALLERY_READY ? NULL : strdup("to more regions"),
				.path = gallery_path(g->version),
				.body = gallery_version_body(s, g, NULL, version)},
			err);
	r = plan_account(a, p, err);
	return r < 0 ? r : plan_version(p, version, state, err);
}
