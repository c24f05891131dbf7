/*
 * Debian's Release files: which index files a suite has, with sizes and digests, and for how long that
 * holds (https://wiki.debian.org/DebianRepository/Format, "Release" files).
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "crypto/digest.h"

struct release {
	char *suite;	     /* "stable-security" */
	char *codename;	     /* "trixie-security" */
	int64_t date;	     /* seconds since 1970, UTC */
	int64_t valid_until; /* 0: no end is given */
	bool acquire_by_hash;
	struct span sha256; /* the list of index files, in the text given */
};

void release_release(struct release *r);

/* Parses the (verified) text, which must outlive *ret. Codename, Date and SHA256 must be there. */
_must_check_ int release_parse(struct span text, struct release *ret, struct error **err);

/* Size and digest of the index file "main/binary-amd64/Packages.xz". */
_must_check_ int release_find(const struct release *r, const char *path, uint64_t *ret_size,
			      struct digest *ret_sha256, struct error **err);

/* "20261121T091544Z", as the snapshot archive names states of an archive. */
#define RELEASE_TIMESTAMP_SIZE 17
void release_timestamp(int64_t date, char out[RELEASE_TIMESTAMP_SIZE]);
/* The other way; false for anything else than what release_timestamp() writes. */
_must_check_ bool release_parse_timestamp(const char *text, int64_t *ret);
