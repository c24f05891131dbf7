/*
 * Whether upstream has a newer release of a component, where upstream can be asked: npm packages, the direct
 * dependencies of a tree of npm packages, and releases on GitHub.
 */
#pragma once

#include "formats/release_answer.h"
#include "net/http.h"
#include "packages/lock.h"
#include "packages/mirror.h"
#include "packages/recipe.h"

enum release_signature {
	RELEASE_SIGNATURE_UNKNOWN, /* its address does not follow from the version */
	RELEASE_SIGNATURE_NONE,
	RELEASE_SIGNATURE_PUBLISHED, /* there is one; locking the release checks it */
};

struct newer_release {
	char *name, *locked; /* of a part; NULL of a component, whose recipe has them */
	char version[RELEASE_VERSION_MAX]; /* the latest; "" if nobody was asked */
	bool newer;
	enum release_signature signature; /* of a newer one */
	char *not_asked;		  /* why; NULL if it was asked */
	/* Of npm: what its maker says of the locked version, if that is deprecated; NULL if not. */
	char *deprecated;
	/* Of a tree of npm packages: what the recipe's package-lock.json asks for by name, each in its own right;
	 * `newer` of the tree is that of any of them. */
	struct newer_release *parts;
	size_t n_parts;
};

void newer_release_release(struct newer_release *n);

struct newer_release_options {
	struct http_client *http;
	const struct mirrors *mirrors;
	const char *release_api; /* "https://api.github.com" */
	const char *architecture;
};

/* An upstream that cannot be reached, or answers nonsense, is no failure: `not_asked` says so. */
_must_check_ int newer_release_find(const struct newer_release_options *o,
				    const struct component *c, struct newer_release *ret,
				    struct error **err);
