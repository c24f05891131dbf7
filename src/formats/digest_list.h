/*
 * Digests in hexadecimal, one in each line.
 */
#pragma once

#include "crypto/digest.h"

#define DIGEST_LIST_FILE_MAX (64u << 10)

/* Reads exactly n digests of the algorithm. Empty lines and anything else are refused. */
_must_check_ int digest_list_parse(struct span text, enum digest_algorithm a, struct digest *ret,
				   size_t n, struct error **err);
