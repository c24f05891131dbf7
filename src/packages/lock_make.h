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
	/* lock_release.h */
	const struct string_list *given;
	const struct string_list *signer_keys;
	const char *key_server;
	struct progress *progress;
};

/* How the archive is read for such a lock. */
struct archive_options lock_archive_options(const struct lock_make_options *options);

/* Refused (ERROR_REFUSED) beyond what archive_read_lists() refuses: lists older than those of `before`. */
_must_check_ int lock_make(const struct lock_make_options *options, struct lock *ret,
			   struct error **err);

/* The component alone, as the only thing in a lock that is no whole one: its files are in the store then. */
_must_check_ int lock_make_component(const struct lock_make_options *options, const char *name,
				     struct lock *ret, struct error **err);
