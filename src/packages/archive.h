/*
 * Debian's archive at lock time: package lists that a valid signature stands for.
 */
#pragma once

#include "net/http.h"
#include "packages/lock.h"
#include "packages/mirror.h"
#include "packages/store.h"

/* trixie's main has 55 MB. */
#define ARCHIVE_PACKAGES_MAX (256u << 20)
#define ARCHIVE_RELEASE_MAX (4u << 20)

/* A suite and the archive that carries it. */
struct archive_suite {
	char *archive;		     /* "debian" */
	char *suite;		     /* "trixie-updates" */
	int64_t date;		     /* of its Release file */
	struct string_list packages; /* paths of its compressed package lists in the store */
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
	const char *keyring;		      /* file of Debian's archive keys */
	const char *suite;		      /* "trixie" */
	const char *architecture;	      /* "amd64" */
	const struct string_list *components; /* "main", "non-free-firmware"; none: "main" */
	int64_t now;			      /* seconds since 1970 */
	const struct lock *before;	      /* whose suites may not become older; may be NULL */
	struct progress *progress;
};

/* What is older, its date, and the date that it had before. */
#define ARCHIVE_OLDER                                                                       \
	"'%s' is of %s, older than in the lock that is being replaced (%s): the mirror is " \
	"behind, "                                                                          \
	"or keeps updates back; --allow-older takes it"

/*
 * Fetches and verifies the lists of SUITE, SUITE-updates and SUITE-security. Refused (ERROR_REFUSED): a
 * Release file without a good signature by a key of the keyring, of another suite, expired, from the
 * future or older than before, and lists that differ from what it says.
 *
 * A mirror whose signature does not count decides. One that does not answer, answers something else than a
 * signed text, is behind or in the middle of an update is passed over, with a line in `progress`; when none is
 * left, the weightiest of their errors is returned: a refusal before silence, silence before absence.
 */
_must_check_ int archive_read_lists(const struct archive_options *options,
				    struct archive_lists *ret, struct error **err);
