/*
 * What a folder of the store holds, as text: one line for each thing below it, in the order of a walk,
 *
 *	d - usr/bin			a folder
 *	f SHA256 usr/share/x		a file
 *	x SHA256 usr/bin/x		one that its owner may execute
 *	l SHA256 bin			a symbolic link, with the digest of its target
 *	? - pipe			anything else
 *
 * Owners, other bits of modes and times do not count: they differ where a store is copied, and nothing that
 * is built depends on them. Control characters and "\" of names are written as "\xx".
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* A build root has 5300 lines of 130 bytes. */
#define STORE_SUMS_MAX (64u << 20)

/* Reads everything below `directory`, on all processors where it is much. */
_must_check_ int store_sums(const char *directory, struct buffer *ret, struct error **err);

/* The name in the first line in which two texts differ; NULL if they do not (or memory is out). */
char *store_sums_difference(struct span expected, struct span found) _must_check_;
