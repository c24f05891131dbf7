/*
 * Making a lock: a recipe, the archive as it is now, and the components.
 */
#pragma once

#include "packages/archive.h"
#include "packages/lock.h"
#include "packages/recipe.h"

struct lock_make_options {
	const struct recipe *recipe;
	const struct store *store;
	const struct mirrors *mirrors;
	struct http_client *http;
	const char *keyring;
	int64_t now;
	const struct lock
		*before; /* which the new one replaces; NULL: older lists are taken, too */
	struct progress *progress;
};

/* Refused (ERROR_REFUSED) beyond what archive_read_lists() refuses: lists older than those of `before`. */
_must_check_ int lock_make(const struct lock_make_options *options, struct lock *ret,
			   struct error **err);
