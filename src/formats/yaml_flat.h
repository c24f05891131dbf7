/*
 * The little of YAML in which collateral and evidence are kept as files: one mapping whose values are
 * plain or quoted words, or blocks of lines ("|", "|-", ">", ">-"). All else is refused.
 */
#pragma once

#include "formats/json.h"

/* The mapping as an object of texts. */
_must_check_ int yaml_flat_parse(struct span text, json_t **ret, struct error **err);
