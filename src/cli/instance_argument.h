/*
 * Commands that act on one instance: "tdnode stop [NAME] [--state DIR]".
 */
#pragma once

#include <getopt.h>

#include "vm/instance.h"

/*
 * Parses the command line and opens the instance: the one named, or the only one that runs. `flags` are
 * further options without an argument, which getopt_long() sets; NULL: there are none.
 */
_must_check_ int instance_argument(int argc, char **argv, const struct option *flags,
				   struct instance *ret, struct error **err);

/* What `flags` may hold. */
#define INSTANCE_FLAGS_MAX 4u

/* Opens the instance `name`, which must be there; NULL: the only one that runs. */
_must_check_ int instance_find(const char *state, const char *name, struct instance *ret,
			       struct error **err);
