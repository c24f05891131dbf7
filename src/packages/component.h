/*
 * A component, and the files of it that a recipe installs. The same for locking and for building, so that a
 * lock never names what no build could take.
 */
#pragma once

#include "packages/lock.h"
#include "packages/recipe.h"
#include "packages/store.h"
#include "tree/tree.h"

/*
 * What the component brings, at its places in the root, owned by root. Its blobs are in the store. An error
 * names the Install= line whose file the archive lacks, or the package of a tree.
 *
 * Of an npm tree the files lie as `npm ci --ignore-scripts` lays them, below Directory=: what stands in a
 * tarball below its one top folder, without links. Mode 0755 if the tarball says that it is executable, else
 * 0644. npm's own `.bin` folders and `.package-lock.json` are not made.
 */
_must_check_ int component_tree(const struct store *s, const struct component *c,
				const struct lock_component *locked, struct tree **ret,
				struct error **err);
