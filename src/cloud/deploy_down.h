/*
 * Taking a deployment away: what has its tags, in the order in which Azure lets it go, and nothing else. The data disk
 * stays unless it is asked for; a group that we made goes once it is empty.
 */
#pragma once

#include "cloud/deploy_up.h"

struct deploy_down {
	const char *name, *group;
	bool delete_data;
	/* Found, and what became of it. */
	struct string_list deleted;
	char *kept_data; /* name of the data disk that stays; NULL: none */
	bool group_stays;
	size_t others; /* resources in the group that are not ours */
};

void deploy_down_release(struct deploy_down *d);

/* Nothing there is fine. */
_must_check_ int deploy_down(struct arm *a, struct deploy_down *d, struct deploy_progress *progress,
			     struct error **err);

/*
 * Deletes the system disks of ours that the machine, which has to be there, does not have: those of images before its
 * own. d->deleted names them. What else there is stays.
 */
_must_check_ int deploy_forget(struct arm *a, struct deploy_down *d,
			       struct deploy_progress *progress, struct error **err);
