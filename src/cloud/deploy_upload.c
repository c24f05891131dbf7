#include "cloud/deploy_upload.h"

#include <errno.h>

#include "base/file.h"
#include "base/secret.h"
#include "cloud/azure_storage.h"

#define DISK_API "2023-10-02"
#define GRANT_SECONDS 86400

/* What an upload goes to: one of the two is set. */
struct target {
	struct arm *arm;
	struct azure_storage *storage;
	const char *blob; /* in the storage account */
	const char *disk; /* id of the managed disk */
};

static bool asked_to_stop(void *context)
{
	struct target *t = context;

	return interrupt_wait(&t->arm->interrupt, 0);
}

static int grant_disk(struct arm *a, const char *id, char **ret, struct error **err)
{
	_cleanup_free_ char *path = string_printf("%s/beginGetAccess?api-version=" DISK_API, id);
	_cleanup_json_ json_t *body = json_pack("{s:s, s:i}", "access", "Write",
						"durationInSeconds", GRANT_SECONDS),
			      *answer = NULL;
	const char *sas;
	int r = path && body ? arm_post(a, path, body, &answer, err) : error_oom(err);

	if (r < 0)
		return r;
	sas = arm_text(answer, "accessSAS");
	if (!sas || !azure_url_is_safe(sas))
		return error_set(err, -ERROR_MALFORMED,
				 "the disk '%s' is not granted for writing: the answer has no "
				 "address",
				 path_basename(id));
	*ret = strdup(sas);
	return *ret ? 0 : error_oom(err);
}

static int grant(void *context, char **ret, struct error **err)
{
	const struct target *t = context;

	return t->storage ? azure_storage_grant(t->storage, t->blob, ret, err)
			  : grant_disk(t->arm, t->disk, ret, err);
}

static int take_back(const struct target *t, struct error **err)
{
	_cleanup_free_ char *path = NULL;

	if (t->storage)
		return azure_storage_revoke(t->storage, err);
	path = string_printf("%s/endGetAccess?api-version=" DISK_API, t->disk);
	return path ? arm_post(t->arm, path, NULL, NULL, err) : error_oom(err);
}

int deploy_close_disk(struct arm *a, const char *id, const char *state, struct error **err)
{
	const struct target t = {.arm = a, .disk = id};

	if (!azure_same(state, "ActiveSAS") && !azure_same(state, "ActiveUpload") &&
	    !azure_same(state, "ActiveSASFrozen"))
		return 0;
	return take_back(&t, err);
}

/* The journal is of one image and one blob: another of either has another. */
static int journal_path(const struct deploy_settings *s, const char *blob, char **ret,
			struct error **err)
{
	struct digest d = digest_bytes(DIGEST_SHA256, span_string(blob));
	char hex[DIGEST_HEX_MAX];
	int r;

	if (!s->journal)
		return 0;
	r = directory_make(s->journal, err);
	if (r < 0)
		return r;
	digest_hex(&d, hex);
	*ret = string_printf("%s/%.16s-%.16s.upload", s->journal, s->image.sha256, hex);
	return *ret ? 0 : error_oom(err);
}

/* `unique` tells this blob from others of its name. */
static int upload(const struct plan *p, struct target *t, const char *unique, bool create,
		  struct deploy_progress *progress, struct error **err)
{
	const struct deploy_settings *s = p->settings;
	_cleanup_free_ char *journal = NULL;
	_cleanup_error_ struct error *why = NULL, *late = NULL;
	struct digest digest;
	struct page_upload u = {.path = s->image.path,
				.digest = &digest,
				.blob = unique,
				.create = create,
				.grant = grant,
				.context = t,
				.stop = asked_to_stop,
				.progress = progress->progress};
	int r = journal_path(s, unique, &journal, err), closed;

	if (r < 0)
		return r;
	if (!digest_parse(DIGEST_SHA256, s->image.sha256, &digest))
		return error_set(err, -EINVAL, "'%s' is no SHA-256", s->image.sha256);
	u.journal = journal;
	r = page_upload(t->arm->http, &u, &progress->uploaded, &why);
	progress->has_uploaded = true;
	/* Whatever happened: nobody writes to it any more. */
	arm_insist(t->arm);
	closed = take_back(t, &late);
	if (r < 0 && closed < 0)
		return error_set(err, r,
				 "%s; and what may be written to is still open (%s): 'up' "
				 "or 'down' closes it",
				 error_message(why), error_message(late));
	if (r < 0)
		return error_move(err, r, &why);
	return closed < 0 ? error_move(err, closed, &late) : 0;
}

int deploy_upload_image(struct arm *a, const struct plan *p, struct deploy_progress *progress,
			struct error **err)
{
	_cleanup_(azure_storage_release) struct azure_storage storage = {0};
	const struct gallery *g = &p->gallery;
	struct target t = {.arm = a, .storage = &storage, .blob = g->blob};
	_cleanup_free_ char *unique =
		string_printf("%s/%s/%s", g->account, STORAGE_CONTAINER, g->blob);
	bool exists;
	int r = unique ? azure_storage_find(a, g->account_id, g->account, &exists, &storage, err)
		       : error_oom(err);

	if (r >= 0 && !exists)
		r = error_set(err, -ENOENT, "the storage account '%s' is gone", g->account);
	return r < 0 ? r : upload(p, &t, unique, true, progress, err);
}

/* The disk as it waits for its upload. What cannot be gone on with is made anew. */
static int open_disk(struct arm *a, const struct plan *p, const struct plan_step *step,
		     json_t **ret, struct error **err)
{
	const char *id = p->names.ids[DEPLOY_OS_DISK], *state;
	int r = arm_find(a, step->path, ret, err);

	if (r < 0)
		return r;
	state = arm_text(*ret, "properties.diskState");
	if (*ret && (azure_same(state, "ReadyToUpload") || azure_same(state, "ActiveUpload")))
		return 0;
	if (*ret) {
		/* An upload that was ended before it was whole, or one that failed. */
		r = deploy_close_disk(a, id, state, err);
		if (r >= 0)
			r = arm_delete(a, step->path, err);
		json_decref(*ret);
		*ret = NULL;
	}
	return r < 0 ? r : arm_put(a, step->path, step->body, ret, err);
}

int deploy_upload_disk(struct arm *a, const struct plan *p, const struct plan_step *step,
		       struct deploy_progress *progress, struct error **err)
{
	const char *id = p->names.ids[DEPLOY_OS_DISK], *unique;
	struct target t = {.arm = a, .disk = id};
	_cleanup_json_ json_t *disk = NULL, *tags = NULL;
	_cleanup_free_ char *name = NULL;
	int r = open_disk(a, p, step, &disk, err);

	if (r < 0)
		return r;
	unique = arm_text(disk, "properties.uniqueId");
	name = string_printf("disk %s %s", p->names.names[DEPLOY_OS_DISK], unique ? unique : "");
	tags = deploy_tags(p->settings, &p->names, "os", p->settings->image.sha256);
	if (!name || !tags ||
	    json_object_set_new(tags, "tdnode-uploaded", json_string(p->settings->image.sha256)) <
		    0)
		return error_oom(err);
	r = upload(p, &t, name, false, progress, err);
	if (r < 0)
		return r;
	/* Only now is it known to be whole. */
	_cleanup_json_ json_t *patch = json_pack("{s:O}", "tags", tags);

	return patch ? arm_patch(a, step->path, patch, err) : error_oom(err);
}
