/*
 * Paravisors of Azure that were seen in genuine evidence, by their MRTD. Microsoft publishes no list.
 */
#pragma once

#include "base/compiler.h"

struct paravisor {
	const char *name; /* when it was seen */
	const char *mrtd; /* hexadecimal */
};

extern const struct paravisor paravisors[];
extern const size_t n_paravisors;
