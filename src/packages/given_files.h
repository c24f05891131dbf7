/*
 * --component NAME=FILE: files of components that somebody brings along, for machines that cannot reach where they
 * are published. They pass the same checks.
 */
#pragma once

#include "base/progress.h"
#include "packages/lock.h"
#include "packages/recipe.h"
#include "packages/store.h"

/* The file of `given` ("NAME=FILE" each) for a component, NULL if there is none. */
const char *given_file(const struct string_list *given, const char *component);

/* -ERROR_USAGE if one is not of the form, names no component of the recipe, or one that is not a single file. */
_must_check_ int given_check(const struct string_list *given, const struct recipe *recipe,
			     struct error **err);

/* Copies a file to the store's partial folder as `name`; *ret_path is the copy. */
_must_check_ int given_copy(const struct store *s, const char *file, const char *name,
			    char **ret_path, struct error **err);

/* At build: puts each into the store if it has the digest of the lock, else -ERROR_REFUSED. */
_must_check_ int given_adopt(const struct string_list *given, const struct lock *l,
			     const struct store *s, struct error **err);
