/*
 * The options of `tdnode measure` that say how a file is booted and where.
 */
#pragma once

#include "cli/options.h"
#include "measure/measure.h"

struct measure_arguments {
	struct measure_options options;
	struct string_list beside; /* what options.inputs refers to */
	struct string_list global;
	struct string_list config_set;
};

void measure_arguments_release(struct measure_arguments *a);

/* Tables for OPTION_GROUP, which fill a struct measure_arguments. */
extern const struct option_spec measure_boot_options[];	   /* how a file is booted */
extern const struct option_spec measure_machine_options[]; /* the machine that boots it */

/* Completes `options` after parsing, and refuses what does not go together (-ERROR_USAGE). */
_must_check_ int measure_arguments_finish(struct measure_arguments *a, struct error **err);

/* True if firmware is named, and nothing that concerns a boot of an image. */
bool measure_arguments_are_of_firmware(const struct measure_arguments *a);
