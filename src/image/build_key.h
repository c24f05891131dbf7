/*
 * The key of a build: a digest over everything that decides its outputs. Two builds with the same key
 * give the same bytes, so artefacts that carry the key need not be made again.
 */
#pragma once

#include "packages/recipe.h"
#include "tree/tree.h"

struct build_key_inputs {
	const char *source; /* project folder, with guest/ and src/ */
	const struct recipe *recipe;
	struct span lock; /* bytes of image.lock */
	bool debug;
};

_must_check_ int build_key(const struct build_key_inputs *in, struct digest *ret,
			   struct error **err);
