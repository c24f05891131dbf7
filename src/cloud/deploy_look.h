/*
 * Looking at deployments, and what is done to one as it is: from any machine, by tags alone.
 */
#pragma once

#include "cloud/deploy.h"

/* One deployment as its resources show it. */
struct deployment {
	char *name, *group, *region;
	char *image;		  /* SHA-256; "" if it has no VM */
	char *fleet;		  /* NULL: of none */
	struct string_list roles; /* of what is there */
};

struct deployment_list {
	struct deployment *items;
	size_t n, capacity;
};

void deployment_list_release(struct deployment_list *l);

/* All of the subscription, or those of a fleet. */
_must_check_ int deploy_list(struct arm *a, const char *fleet, struct deployment_list *ret,
			     struct error **err);

/* What a VM is and does, as JSON: name, group, region, size, image, power, provisioning, address, data disk. -ENOENT if
 * there is none. */
_must_check_ int deploy_status(struct arm *a, const char *name, const char *group, json_t **ret,
			       struct error **err);

/* "start", "deallocate" */
_must_check_ int deploy_power(struct arm *a, const char *name, const char *group, const char *verb,
			      struct error **err);

/* The data disk gets `gib` GiB; it never gets smaller. */
_must_check_ int deploy_grow(struct arm *a, const char *name, const char *group, uint64_t gib,
			     struct error **err);

/* What the serial console said last, at most about 1 MiB. */
_must_check_ int deploy_console(struct arm *a, const char *name, const char *group,
				struct buffer *ret, struct error **err);

/*
 * Of which image the disk is that 'replace --back' returns to, 64 characters and a NUL: the one that a replacement left
 * behind ("former"). The one that was gone back from is "left": a second time changes nothing, and what was cut short
 * goes on. -ENOENT if there is none.
 */
_must_check_ int deploy_former_image(struct arm *a, const char *name, const char *group,
				     char ret[65], struct error **err);

/* Where in `now` begins what `before` did not have. */
size_t console_new_part(struct span before, struct span now);
