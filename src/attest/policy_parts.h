/*
 * Inside src/attest: how documents of one kind are read into a policy.
 */
#pragma once

#include "attest/policy.h"

/* A document of tdnode's own kind. */
_must_check_ int policy_read_own(struct policy *p, const json_t *root, struct error **err);

/* One value as text, or a list of some; of one of the algorithms (POLICY_SHA256, ...), by its length. */
_must_check_ int policy_read_values(const json_t *value, unsigned algorithms,
				    struct policy_values *l, struct error **err);

/* "mrtd", "rtmr0", "4" or "pcr4". */
_must_check_ bool policy_register(const char *key, unsigned *ret);
/* Of a register's values. */
unsigned policy_algorithms(unsigned reg);
