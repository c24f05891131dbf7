/*
 * The configuration of the node on a disk: which keys its image declares, and what it is with the settings
 * that are given. The keys are in the root file system (measure/disk_root.h).
 */
#pragma once

#include "formats/config.h"

struct configuration {
	struct config_keys keys;
	struct config config;
	struct buffer text; /* the canonical form */
	bool recovers; /* the image has the public key of who may recover its disks (RecoveryKey= of a recipe) */
};

void configuration_free(struct configuration *c);

/* True if the command line says that user space takes a configuration (CONFIG_MARK). */
bool configuration_is_taken(struct span command_line);

/* Reads the keys of a raw disk; *ret has their defaults. */
_must_check_ int configuration_read(struct span raw, struct span command_line,
				    struct configuration **ret, struct error **err);

/* Sets what the file says, then each "KEY=value" of `assignments`. Both may be NULL. */
_must_check_ int configuration_set(struct configuration *c, const char *path,
				   const struct string_list *assignments, struct error **err);
