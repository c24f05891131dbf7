/*
 * What this machine lacks, where the error does not say so: tools that write to a full disk or hit a limit fail
 * with messages of their own, or by a signal.
 */
#pragma once

#include "base/error.h"

/* True for codes that are about this machine, not about whomever it asked: no space, limits, memory. */
bool shortage_is(int code);

/*
 * The error of something that wrote to `folder`: with "no space is left in 'FOLDER'" before it if that is so, or,
 * where a child failed (-ECHILD), with the limit of file sizes if there is one. Returns -ENOSPC or -EFBIG then,
 * else `code`.
 */
int shortage_explain(const char *folder, int code, struct error **err);

/* Makes sure that `n` files can be open at once, by raising the soft limit if need be. */
_must_check_ int shortage_check_files(unsigned n, struct error **err);

/* A write beyond the limit of file sizes is an error from now on, and ends no process but those started. */
void shortage_ignore_signal(void);
