/*
 * Collateral from Intel's service, or one that caches it. Nothing of it is verified here.
 */
#pragma once

#include "formats/collateral.h"
#include "formats/evidence.h"
#include "formats/pck.h"

#define COLLATERAL_SERVICE "https://api.trustedservices.intel.com"

/* What arrived. */
enum fetched_file {
	FETCHED_TCB,
	FETCHED_QE_IDENTITY,
	FETCHED_PCK_CRL,
	FETCHED_ROOT_CRL,
	FETCHED_FILES,
};

struct fetched {
	struct buffer bodies[FETCHED_FILES], chains[FETCHED_FILES];
};

void fetched_release(struct fetched *f);

/* The platform of a quote that is not verified: what to ask the service for. */
_must_check_ int collateral_platform(const struct evidence *e, struct pck_platform *ret,
				     struct error **err);

/* Gets all of it. `service`: URL of a caching service (PCCS); NULL: Intel's. Release *ret also after an error. */
_must_check_ int collateral_fetch(const struct pck_platform *p, const char *service,
				  struct fetched *ret, struct error **err);
/* As tdnode verify reads it; an error if it could not. */
_must_check_ int fetched_read(const struct fetched *f, struct collateral *ret, struct error **err);
/* Makes the folder, and in it the files that verify reads. */
_must_check_ int fetched_write(const struct fetched *f, const char *folder, struct error **err);
