/*
 * Where the program finds what it builds from. An installed PREFIX/bin/tdnode has recipes, sources of guest programs and
 * the template of `tdnode init` in PREFIX/share/tdnode; the path follows from where the program lies, so that a tree
 * that was moved works, too. One that runs from where it was compiled takes them from the current folder.
 */
#pragma once

#include "packages/recipe_folders.h"

struct places {
	char *installed; /* PREFIX/share/tdnode; NULL: the program is not installed */
	char *images;	 /* the recipes in it, or NULL */
	char *source;	 /* with guest/, src/ and template/ */
	struct recipe_folders recipes;
};

/*
 * `images` is the user's folder of recipes, which is borrowed. `source` is that of --source; NULL: the current folder
 * if it holds the sources, or that of the installed program.
 */
_must_check_ int places_find(const char *images, const char *source, struct places *ret,
			     struct error **err);
void places_release(struct places *p);
