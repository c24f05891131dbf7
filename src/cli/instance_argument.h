/*
 * Commands that act on one instance: "tdnode stop [NAME] [--state DIR]".
 */
#pragma once

#include <getopt.h>

#include "vm/instance.h"

/*
 * Parses the command line and opens the instance: the one named, or the only one that runs. `flag`
 * (may be NULL) is set if the option "--FLAG_NAME" is given.
 */
_must_check_ int instance_argument(int argc, char **argv, const char *flag_name, bool *flag,
				   struct instance *ret, struct error **err);

/* Opens the instance `name`, which must be there; NULL: the only one that runs. */
_must_check_ int instance_find(const char *state, const char *name, struct instance *ret,
			       struct error **err);
