/*
 * Where packages are downloaded from. A lock names paths below a mirror; the mirrors are, in order:
 *
 *	1. those given (--mirror URL, the last part of whose path names the archive: ".../debian"),
 *	2. those of the host's own apt sources, whatever their suite: paths of packages are the same;
 *	   an archive that apt does not know is looked for beside one that it does,
 *	3. Debian's permanent snapshot archive, at the lock's time stamp.
 *
 * For npm: the registry of npm's own configuration, else npm's public one.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"

struct mirrors {
	struct string_list given; /* addresses without a slash at the end */
	struct string_list apt;
	char *npm_registry;
};

void mirrors_release(struct mirrors *m);

/* Reads the host's configuration; `given` may be NULL. Unreadable apt sources count as absent. */
_must_check_ int mirrors_read(const struct string_list *given, struct mirrors *ret,
			      struct error **err);

/* Addresses below which the archive ("debian", "debian-security") may be found, best first, without
 * a slash at the end. `timestamp` may be NULL: then the snapshot archive is left out. */
_must_check_ int mirrors_for_archive(const struct mirrors *m, const char *archive,
				     const char *timestamp, struct string_list *ret,
				     struct error **err);

/* Adds the http(s) addresses of apt's one-line format ("deb [options] URI suite component..."). */
_must_check_ int mirror_parse_list(struct span text, struct string_list *ret, struct error **err);
/* Adds those of the deb822 format (.sources): fields Types, URIs, Enabled. */
_must_check_ int mirror_parse_sources(struct span text, struct string_list *ret,
				      struct error **err);
/* The value of `registry=` in an npmrc; NULL if there is none (or memory is out). */
char *mirror_parse_npmrc(struct span text) _must_check_;
