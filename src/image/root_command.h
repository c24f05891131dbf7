/*
 * [Step NAME] of a recipe: files that a command of the build root makes out of a folder of the image.
 */
#pragma once

#include "image/build_root.h"
#include "packages/recipe.h"
#include "tree/tree.h"

/*
 * Runs the command in the folder of the tree, /work/in, which it may only read, and adds what it leaves below /work/out
 * to that folder: with the modes of files/ of a recipe, and never in the place of what is there. Nothing else of the
 * image is to be seen. What was made of the same folder by the same command of the same build root is in the store.
 * -ENOENT: no such folder in the tree. -ERROR_REFUSED: the command has made nothing, or failed.
 */
_must_check_ int root_step_command(struct tree *t, const struct recipe_step *step,
				   const struct store *s, const struct build_root *b,
				   struct error **err);
