/*
 * What a subscription may have made in a region: sizes of VMs that are in Intel TDX, zones, quota, services, roles. All
 * of it is asked, nothing known from a list of ours.
 */
#pragma once

#include "cloud/arm_client.h"

/* The shape of the size that earlier tools took, of the generation that there is. */
#define AZURE_SIZE_DEFAULT "Standard_EC4es_v6"

struct azure_size {
	char *name;   /* as Azure writes it */
	char *family; /* by which quotas are counted */
	uint64_t cpus;
	char memory[16];      /* GiB: "32" */
	uint64_t iops;	      /* of its remote disks; 0: not said */
	char controllers[32]; /* "SCSI, NVMe", "NVMe" */
};

void azure_size_release(struct azure_size *s);

/*
 * Looks the size up. -ERROR_REFUSED, with those that there are, if it is not in TDX, not offered, or not to this
 * subscription, or not in the zone (NULL: in none).
 */
_must_check_ int azure_size_find(struct arm *a, const char *region, const char *name,
				 const char *zone, struct azure_size *ret, struct error **err);

/* -ERROR_REFUSED if `n` more of them are above the quota. *ret_text says what is used, malloc()ed. */
_must_check_ int azure_quota_check(struct arm *a, const char *region, const struct azure_size *size,
				   uint64_t n, char **ret_text, struct error **err);

/* Whether a service ("Microsoft.Compute") is registered for the subscription; registers it, and waits. */
_must_check_ int azure_provider_is_ready(struct arm *a, const char *name, bool *ret,
					 struct error **err);
_must_check_ int azure_provider_register(struct arm *a, const char *name, struct error **err);

/*
 * The first action that whoever is signed in may not do at `scope` (a path below the endpoint), NULL: all may be done,
 * or it cannot be asked.
 */
_must_check_ int azure_action_missing(struct arm *a, const char *scope, const char *const *actions,
				      const char **ret, struct error **err);
/* "Microsoft.Compute/ * /read" and the like, without regard to case. */
bool azure_action_fits(const char *pattern, const char *action);
