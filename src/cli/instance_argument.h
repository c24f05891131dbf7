/*
 * Commands that act on one instance: "tdnode stop [NAME] [--state DIR]".
 */
#pragma once

#include "vm/instance.h"

/* Opens the instance `name`, which must be there; NULL: the only one that runs. */
_must_check_ int instance_find(const char *state, const char *name, struct instance *ret,
			       struct error **err);
