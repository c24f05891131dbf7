/*
 * A tree as a part of a key: two trees with the same bytes here hold the same.
 */
#pragma once

#include "crypto/digest.h"
#include "tree/tree.h"

/* Adds paths, types, modes, targets and contents, in path order. Owners do not count. A file of more than `file_max`
 * bytes is an error, -EFBIG. */
_must_check_ int tree_digest_add(const struct tree *t, size_t file_max, struct digest_stream *d,
				 struct error **err);
