/*
 * How a node is judged that is reached over the network: what `tdnode attest` and `tdnode connect` have in common.
 */
#pragma once

#include "attest/connection.h"
#include "cli/options.h"

struct attest_options {
	struct string_list policies;
	bool local; /* the TPMs of this user's own runs are trusted */
	const char *state;
	const char *collateral; /* NULL: it is fetched */
	const char *service;	/* NULL: Intel's */
	const char *evidence;	/* where to keep what was judged; NULL: nowhere */
	struct pins pins;
	unsigned timeout; /* seconds */
};

extern const struct option_spec attest_options[];

void attest_options_release(struct attest_options *o);
