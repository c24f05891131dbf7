/*
 * The configuration that `tdnode run` hands to the guest, and the register that it leads to.
 */
#pragma once

#include "cli/run_options.h"
#include "measure/measure.h"
#include "vm/instance.h"

struct run_config {
	char *path;			/* what the guest reads; NULL: the defaults */
	struct measurement measurement; /* PCR 8 of it, if a configuration was given */
};

void run_config_release(struct run_config *c);

/*
 * Holds --config and --set against the keys of the disk, and writes what differs from the defaults beside
 * the instance's other files.
 */
_must_check_ int run_config_take(const struct run_options *o, const char *os_disk,
				 const struct instance *instance, struct run_config *ret,
				 struct error **err);

/* Puts the register of this configuration in place of that of the defaults. */
void run_config_predict(const struct run_config *c, struct measurement *prediction);
