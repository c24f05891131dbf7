/*
 * Debian's archive at lock time: package lists that a valid signature stands for.
 */
#pragma once

#include "net/http.h"
#include "packages/mirror.h"
#include "packages/store.h"

/* trixie's main has 55 MB. */
#define ARCHIVE_PACKAGES_MAX (256u << 20)
#define ARCHIVE_RELEASE_MAX (4u << 20)

/* A suite and the archive that carries it. */
struct archive_suite {
	char *archive;	 /* "debian" */
	char *suite;	 /* "trixie-updates" */
	int64_t date;	 /* of its Release file */
	char *packages;	 /* path of the compressed package list in the store */
};

struct archive_lists {
	struct archive_suite *items;
	size_t n;
};

void archive_lists_release(struct archive_lists *l);

struct archive_options {
	const struct store *store;
	const struct mirrors *mirrors;
	struct http_client *http;
	const char *keyring;	  /* file of Debian's archive keys */
	const char *suite;	  /* "trixie" */
	const char *architecture; /* "amd64" */
	int64_t now;		  /* seconds since 1970 */
	struct progress *progress;
};

/*
 * Fetches and verifies the lists of SUITE, SUITE-updates and SUITE-security. Refused (ERROR_REFUSED): a
 * Release file without a good signature by a key of the keyring, of another suite, expired or from the
 * future, and lists that differ from what it says.
 */
_must_check_ int archive_read_lists(const struct archive_options *options,
				    struct archive_lists *ret, struct error **err);
