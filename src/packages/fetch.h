/*
 * Filling the store with everything that a lock names. What the store has already is not asked for: with
 * a full store no network is touched.
 */
#pragma once

#include "base/progress.h"
#include "net/http.h"
#include "packages/lock.h"
#include "packages/mirror.h"
#include "packages/store.h"

/* Connections at a time. Mirrors frown on more, and they gain nothing. */
#define FETCH_CONNECTIONS 8

struct fetch_options {
	const struct store *store;
	const struct lock *lock;
	bool sets[LOCK_SETS_]; /* which sets are needed; components always are */
	const struct mirrors *mirrors;
	bool offline;		   /* what is missing is an error at once */
	struct progress *progress; /* may be NULL */
};

/*
 * Downloads in parallel, goes on with what an interrupted download left, tries each mirror in turn.
 * Every blob's size and SHA-256 are those of the lock. If a package is gone from all mirrors the error
 * names it and says what to do.
 */
_must_check_ int fetch_lock(const struct fetch_options *options, struct error **err);

/* Limit of a file whose size nobody gave: ten times the largest client's archive. */
#define FETCH_COMPONENT_MAX (2ull << 30)

/*
 * Downloads one file of at most `max` bytes whose SHA-256 nothing checks yet (lock time) into the store's partial
 * folder as `name`. *ret_path is its path there; the caller verifies it and gives it to store_adopt(). Bytes that
 * arrive are added to `progress` (may be NULL).
 */
_must_check_ int fetch_file(const struct store *s, struct http_client *http, const char *url,
			    const char *name, uint64_t max, struct progress *progress,
			    char **ret_path, struct error **err);
