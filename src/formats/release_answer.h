/*
 * What upstreams answer when they are asked for their latest release: npm's registry (GET /NAME/latest) and GitHub
 * (GET /repos/OWNER/NAME/releases/latest). Hints only: nothing is installed because of them.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* An answer of GitHub names every file of the release, npm's the whole package.json. */
#define RELEASE_ANSWER_MAX (4u << 20)
#define RELEASE_VERSION_MAX 128

/* *ret_signed: the registry has signed the version. */
_must_check_ int release_answer_npm(struct span json, char ret_version[RELEASE_VERSION_MAX],
				    bool *ret_signed, struct error **err);

/* The tag: "v8.0.0". */
_must_check_ int release_answer_github(struct span json, char ret_tag[RELEASE_VERSION_MAX],
				       struct error **err);
