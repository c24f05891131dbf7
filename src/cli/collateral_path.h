/*
 * Collateral as people keep it: a file with all of it, or a folder with the answers of the service.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* Takes the bytes of a file of a folder by its name there; `name` is NULL for the one file with all of it. */
typedef int (*collateral_take)(void *context, const char *name, struct span bytes,
			       struct error **err);

/*
 * Hands `take` what is at `path`; of a folder only files of the names that formats/collateral.h knows. A file has `max`
 * bytes at most. Errors name the file.
 */
_must_check_ int collateral_path_read(const char *path, size_t max, collateral_take take,
				      void *context, struct error **err);
