/*
 * Pieces of JSON that the formats of a measurement share. Functions that return json_t give a new
 * reference, NULL without memory.
 */
#pragma once

#include "formats/json.h"
#include "measure/measure.h"

/* The digest in hex. */
json_t *json_digest(const struct digest *d);

/* Sets a member that is named after a register. Takes `value`, also on failure. */
_must_check_ int json_set_register(json_t *object, unsigned reg, json_t *value);

/* {KEY: value, "condition": text}: what a policy expects of a register, and under which condition;
 * consumers pass over members that they do not know. Takes `value`. */
json_t *json_expectation(const struct measurement *m, unsigned reg, const char *key, json_t *value);

/* {"4": text, ...}: the conditions of the predicted registers of `mask` (REGISTER_BIT()). */
json_t *json_conditions(const struct measurement *m, uint32_t mask);

/* False of PCR 2 where the machine may be one of Azure's, whose firmware starts drivers: a policy with
 * the predicted value would never fit there. */
bool policy_may_have(const struct measurement *m, unsigned reg);

/* {"4": {"expected": hex, "condition": text}, ...}: the SHA-256 registers of measured-boot's output. */
json_t *measurement_json_expected(const struct measurement *m);
