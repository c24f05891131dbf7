/*
 * The VHD on its way: into a blob of the storage account, or into a managed disk. Signed addresses are taken back
 * before it returns, whether it worked or not.
 */
#pragma once

#include "cloud/deploy_up.h"

_must_check_ int deploy_upload_image(struct arm *a, const struct plan *p,
				     struct deploy_progress *progress, struct error **err);
_must_check_ int deploy_upload_disk(struct arm *a, const struct plan *p,
				    const struct plan_step *step, struct deploy_progress *progress,
				    struct error **err);
