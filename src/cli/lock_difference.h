/*
 * What changes from one lock to another, for people: a line for each package.
 */
#pragma once

#include "base/buffer.h"
#include "packages/lock.h"

#define LOCK_DIFFERENCE_MAX (4u << 20)

void lock_difference(const struct lock *before, const struct lock *after, struct buffer *b);
