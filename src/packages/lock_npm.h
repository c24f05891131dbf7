/*
 * Locking of what comes from an npm registry: tarballs are downloaded, held against the SHA-512 that the recipe
 * or its package-lock.json gives, and kept in the store under the SHA-256 that the lock gives.
 */
#pragma once

#include "formats/npm_lock.h"
#include "net/http.h"
#include "packages/lock.h"
#include "packages/mirror.h"
#include "packages/recipe.h"
#include "packages/store.h"

/* The platform whose packages of a tree are installed, by Debian's name of the architecture. */
struct npm_platform npm_platform_of(const char *architecture);

struct lock_npm_options {
	const struct store *store;
	const struct mirrors *mirrors;
	struct http_client *http;
	const char *architecture;  /* Debian's name */
	struct progress *progress; /* may be NULL */
};

/* COMPONENT_NPM: fills in source, size and sha256. */
_must_check_ int lock_npm(const struct lock_npm_options *o, const struct component *c,
			  struct lock_component *ret, struct error **err);

/* COMPONENT_NPM_LOCK: fills in these of the lock file, and the packages. */
_must_check_ int lock_npm_tree(const struct lock_npm_options *o, const struct component *c,
			       struct lock_component *ret, struct error **err);
