/*
 * Images in the gallery: which there are, who uses them, and their end.
 */
#pragma once

#include "cloud/azure_gallery.h"

/* An array of {definition, version, image, state, regions: [], used_by: []}. */
_must_check_ int deploy_images(struct arm *a, const struct deploy_settings *s, json_t **ret,
			       struct error **err);

/*
 * Deletes a version; one that a VM was made of is refused. What held nothing but it goes, too: definition, gallery,
 * storage account and a group that we made. `progress` may be NULL.
 */
_must_check_ int deploy_image_remove(struct arm *a, const struct deploy_settings *s,
				     const char *version, struct error **err);
