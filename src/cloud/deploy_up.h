/*
 * Doing a plan, step by step. Every step may be done again: after whatever went wrong, a new plan goes on from what is
 * there. An upload that was begun is closed whatever happens, short of SIGKILL.
 */
#pragma once

#include "base/progress.h"
#include "cloud/deploy_plan.h"
#include "cloud/page_upload.h"

struct deploy_progress {
	struct progress *progress; /* may be NULL */
	/* What was uploaded in this run; all zero if nothing was. */
	struct page_upload_result uploaded;
	bool has_uploaded;
};

_must_check_ int deploy_up(struct arm *a, const struct plan *p, struct deploy_progress *progress,
			   struct error **err);

/*
 * What Azure itself says that the template would change, as it answers it; NULL if the plan has none, or something that
 * it refers to is not there yet.
 */
_must_check_ int deploy_what_if(struct arm *a, const struct plan *p, json_t **ret,
				struct error **err);

/* Waits until no deployment of this name is under way. `path` is its own. */
_must_check_ int deploy_await(struct arm *a, const char *path, struct error **err);

/* Ends signed addresses of a managed disk, if its state has some. */
_must_check_ int deploy_close_disk(struct arm *a, const char *id, const char *state,
				   struct error **err);
