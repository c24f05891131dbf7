/*
 * How a node that is deployed is asked: the session of its policies, and its address.
 */
#pragma once

#include "cli/attest_session.h"
#include "cli/deploy_verbs.h"

struct deploy_asking {
	struct attest_options options;
	struct attest_session session; /* refers to the options: the struct stays where it is */
	struct address address;
};

/* *ret is zeros, and to be released also after an error. */
_must_check_ int deploy_asking_open(struct deploy_session *s, const char *host,
				    struct deploy_asking *ret, struct error **err);
/* Which disk a machine has open, by the claims of its evidence; false: none. */
bool deploy_claimed_disk(struct span claims, struct wanted_disk *ret);
void deploy_asking_release(struct deploy_asking *a);
