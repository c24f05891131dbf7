/*
 * Where recipes lie: in the user's own folder and, where the program is installed, beside what it brings. Each name is
 * looked for in both, the user's first, so that an own recipe may include one that is installed, or stand in its place.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"

struct recipe_folders {
	const char *own;       /* of --images; may be absent where others are installed */
	const char *installed; /* NULL: there are none */
};

/* The folder of one recipe, which may be absent: own/NAME if it has an image.conf or if no other has. */
_must_check_ int recipe_folders_find(const struct recipe_folders *f, const char *name, char **ret,
				     struct error **err);

/* The recipe's lock: own/NAME/image.lock if there is one, else that in the recipe's folder, which may be absent. */
_must_check_ int recipe_folders_find_lock(const struct recipe_folders *f, const char *name,
					  char **ret, struct error **err);

/* Names of all recipes, sorted, each once. */
_must_check_ int recipe_folders_list(const struct recipe_folders *f, struct string_list *ret,
				     struct error **err);
