/*
 * A word about old locks, for those who make and use them.
 */
#pragma once

#include "base/compiler.h"

/* Says to standard error that the lock of this date (lock_date(); 0: unknown) is older than LOCK_OLD_DAYS by
 * the clock of this machine, and `advice`. */
void lock_age_warn(const char *path, int64_t date, const char *advice);
