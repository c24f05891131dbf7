/*
 * What the store has of things that are asked for by another name than their SHA-256: an address, a digest of
 * another kind. Only hints, in known/: whoever uses what they lead to checks it as if it had just come. Making a
 * lock anew then needs no second download; store_gc() throws them away.
 */
#pragma once

#include "packages/store.h"

/* Whether a blob is known by the name, and whole; *ret_size may be NULL. */
bool store_recall(const struct store *s, const char *name, struct digest *ret_sha256,
		  uint64_t *ret_size);
/* Notes the blob. What cannot be noted is forgotten: it is asked for again. */
void store_remember(const struct store *s, const char *name, const struct digest *sha256);
