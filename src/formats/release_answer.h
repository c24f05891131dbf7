/*
 * What upstreams answer when they are asked for a release: npm's registry (GET /NAME/latest, /NAME/VERSION) and GitHub
 * (GET /repos/OWNER/NAME/releases/latest). Hints only: nothing is installed because of them.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* An answer of GitHub names every file of the release, npm's the whole package.json. */
#define RELEASE_ANSWER_MAX (4u << 20)
#define RELEASE_VERSION_MAX 128

/* Of what a maker says about a deprecated version. */
#define RELEASE_NOTE_MAX 256

struct release_npm {
	char version[RELEASE_VERSION_MAX];
	bool is_signed; /* by the registry */
	char deprecated
		[RELEASE_NOTE_MAX]; /* why nobody should use it: printable ASCII, cut; "" if it is not */
};

_must_check_ int release_answer_npm(struct span json, struct release_npm *ret, struct error **err);

/* The tag: "v8.0.0". */
_must_check_ int release_answer_github(struct span json, char ret_tag[RELEASE_VERSION_MAX],
				       struct error **err);
