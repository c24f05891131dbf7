/*
 * Base64 with the alphabet for URLs (RFC 4648, section 5), with or without padding; text in the usual
 * alphabet is taken as well, as evidence has both.
 */
#pragma once

#include "base/text.h"

/* *ret is malloc()ed. Blanks and line ends are passed over. */
_must_check_ bool base64url_decode(struct span text, uint8_t **ret, size_t *ret_n);
/* With padding. NULL out of memory. */
char *base64url_string(struct span s) _must_check_;
