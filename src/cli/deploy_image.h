/*
 * The image that is to be deployed: that it is what its build says, which ports its configuration has open, and that
 * configuration as Azure takes it.
 */
#pragma once

#include "cli/deploy_options.h"

struct deploy_image_parts {
	char *name, *user_data;
	/* Of the configuration; without one it is not known. */
	bool has_pcr_8;
	struct digest pcr_8;
};

void deploy_image_parts_release(struct deploy_image_parts *p);

/* Fills in what of the settings is of the image; *parts owns it. */
_must_check_ int deploy_image_read(const struct deploy_options *o, struct progress *progress,
				   struct deploy_settings *s, struct deploy_image_parts *parts,
				   struct error **err);
