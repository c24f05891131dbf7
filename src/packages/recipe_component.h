/*
 * What a [Component] must have once all its keys are read, and what stands for the braces in them. Used by
 * recipe_keys.c only.
 */
#pragma once

#include "packages/recipe.h"

/*
 * Puts Version= and Build= in the place of "{version}" and "{build}" in Url=, Signature= and what Install= takes,
 * and checks the whole. Does nothing to a component that is finished already.
 */
_must_check_ int recipe_component_finish(struct component *c, struct error **err);
