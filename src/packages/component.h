/*
 * A component's archive, and the files of it that a recipe installs. The same for locking and for building, so
 * that a lock never names what no build could take.
 */
#pragma once

#include "packages/recipe.h"
#include "packages/store.h"
#include "tree/tree.h"

/*
 * Unpacks the component from its blob in the store. An error names the Install= line whose file the archive
 * lacks.
 */
_must_check_ int component_unpack(const struct store *s, const struct component *c,
				  const struct digest *sha256, struct tree **ret,
				  struct error **err);

/* What the Install= line takes from a component that was unpacked. */
const struct tree_entry *component_source(const struct tree *archive,
					  const struct component_file *f);
