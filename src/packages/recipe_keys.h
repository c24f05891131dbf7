/*
 * The sections and keys of recipes: what each may hold and where it goes. Used by recipe.c only.
 */
#pragma once

#include "formats/conf.h"
#include "packages/recipe.h"

/* At least the number of keys. */
#define RECIPE_KEYS_MAX 64

/* The state of reading one file into the recipe. */
struct recipe_file {
	struct recipe *recipe;
	const char *directory; /* of the file */
	bool debug;	       /* debug.conf: few keys are allowed, lists go to their debug twins */
	bool top;	       /* of the image itself: Name= and Description= count */
	bool named;	       /* Name= was there */
	struct component *component;	/* of the [Component] section that is open */
	struct recipe_step *step;	/* of the [Step] section that is open */
	unsigned seen[RECIPE_KEYS_MAX]; /* line of each key with one value, 0: not yet */
};

/* "devnet": a-z, 0-9, "-", not starting with "-". */
bool recipe_name_is_valid(const char *name);

void recipe_key_release(struct recipe_key *k);

/* Takes one entry. *ret_include is set (malloc()ed) for Include=. */
_must_check_ int recipe_take_entry(struct recipe_file *f, const struct conf_entry *e,
				   char **ret_include, struct error **err);

/* Checks what the whole file must have. */
_must_check_ int recipe_finish_file(struct recipe_file *f, const char *path, struct error **err);
