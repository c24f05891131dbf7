/*
 * A bounded parallel loop. Results may not depend on the order in which items are done: callers write
 * item i's result into slot i.
 */
#pragma once

#include "base/error.h"

/* Does item `index`; called from several threads at once. */
typedef int (*parallel_function)(void *context, size_t index, struct error **err);

/*
 * Calls f for 0 .. count - 1 on up to `threads` threads (0: number of processors). The first failure
 * stops the handing out of items and is returned after all threads have ended; of several failures
 * the one of the lowest index is reported.
 */
_must_check_ int parallel_for(size_t count, unsigned threads, parallel_function f, void *context,
			      struct error **err);
