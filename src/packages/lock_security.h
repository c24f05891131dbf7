/*
 * A lock with security updates alone: every package stays what it is, but those that the security suite has a newer
 * version of, and what these need in addition.
 */
#pragma once

#include "packages/lock_make.h"

/*
 * `options->before` is the lock to go on from; components stay. Packages of the lock that no list has any more stay,
 * too: they are as good as they were, and nothing is known of what they need that is not in the lock.
 *
 * *ret_changed: whether *ret differs from it. Refused (ERROR_REFUSED), beside what archive_read_lists() refuses: a lock
 * that was made for another recipe.
 */
_must_check_ int lock_security(const struct lock_make_options *options, struct lock *ret,
			       bool *ret_changed, struct error **err);
