/*
 * What genuine evidence says, as JSON for programs.
 */
#pragma once

#include "attest/judge.h"

_must_check_ int facts_of(const struct subject *s, json_t **ret, struct error **err);
