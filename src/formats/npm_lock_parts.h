/*
 * The tree of a package-lock.json: which of its packages npm would install on a platform. A part of npm_lock.c.
 */
#pragma once

#include <jansson.h>

#include "formats/npm_lock.h"

struct npm_node {
	const char *location; /* "" is the root */
	const json_t *object;
	bool left_out;
};

struct npm_nodes {
	struct npm_node *items; /* in byte order of their locations: the root first */
	size_t n;
};

/*
 * `packages` outlives the nodes. Refused: what does not run on the platform and is not optional. What is
 * optional and does not run there is left out with those that need it (and are optional, too), and with what
 * nobody else asks for.
 */
_must_check_ int npm_nodes_choose(json_t *packages, const struct npm_platform *platform,
				  struct npm_nodes *ret, struct error **err);
