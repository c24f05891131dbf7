/*
 * The clock that deadlines are measured by.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC: only differences mean anything. */
static inline int64_t clock_milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until when the next of n tries may take, so that each has a share of the time up to `deadline`. */
static inline int64_t clock_share(int64_t deadline, size_t n)
{
	int64_t now = clock_milliseconds();

	return now + (deadline - now) / (int64_t)n;
}
