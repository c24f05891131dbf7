/*
 * image.lock: every package and component by name, version, size, digest and place. Canonical JSON:
 * sorted keys, two spaces, packages sorted by name and architecture; the same lock has the same bytes.
 *
 * A lock names paths below a mirror and the archive's time stamp, never a host.
 */
#pragma once

#include "base/error.h"
#include "base/buffer.h"
#include "crypto/digest.h"

/* Limit of a lock: a few hundred packages of 300 bytes each, a few thousand where npm trees are in it. */
#define LOCK_MAX (16u << 20)

enum lock_set_kind {
	LOCK_IMAGE,
	LOCK_DEBUG, /* what the debug variant adds to LOCK_IMAGE */
	LOCK_BUILD_ROOT,
	LOCK_FIRMWARE,
	LOCK_SETS_,
};

struct lock_package {
	char *name;
	char *version;
	char *architecture;
	char *archive; /* name of a lock_archive */
	char *path;    /* "pool/main/s/systemd/..." below the archive's mirror */
	uint64_t size;
	struct digest sha256;
};

struct lock_archive {
	char *name;	 /* "debian", "debian-security": last part of a mirror's address */
	char *timestamp; /* "20261121T091544Z": latest Date of its Release files used */
};

/* The Release file of a suite that the lock was made from. */
struct lock_suite {
	char *archive; /* name of a lock_archive */
	char *suite;   /* "trixie-updates" */
	char *date;    /* "20261121T091544Z" */
};

/* A package of an npm tree. */
struct lock_npm_package {
	char *location; /* "node_modules/a/node_modules/b" */
	char *version;
	char *source; /* path below the registry; the name is what stands before "/-/" */
	uint64_t size;
	struct digest sha256;
	char *licence; /* as the package states it; LICENCE_UNKNOWN if it does not */
};

/* SPDX 2.3, 3.x: nobody has said. */
#define LICENCE_UNKNOWN "NOASSERTION"

struct lock_component {
	char *name;
	char *kind; /* "npm", "npm-lock", "url" or "file" */
	char *version;
	/* npm: path below the registry; url: the address; npm-lock and file: the base name */
	char *source;
	uint64_t size;
	struct digest sha256;
	char *licence;
	char *signer; /* url: fingerprint of the key whose signature was checked; NULL: none was */
	/* npm-lock: in order of location; its own source, size and digest are those of the lock file. */
	struct lock_npm_package *packages;
	size_t n_packages, packages_capacity;
};

struct lock_set {
	struct lock_package *items;
	size_t n, capacity;
};

struct lock {
	char *image;
	struct digest request; /* recipe_request_digest() of the recipe that was locked */
	struct lock_archive *archives;
	size_t n_archives, archives_capacity;
	/* In order of archive and suite; none in locks of tdnode 0.1. */
	struct lock_suite *suites;
	size_t n_suites, suites_capacity;
	struct lock_set sets[LOCK_SETS_];
	struct lock_component *components;
	size_t n_components, components_capacity;
};

void lock_release(struct lock *l);

bool lock_component_is(const struct lock_component *c, const char *kind);
/* What the store has to hold of a component: how many blobs, and each. */
size_t lock_component_blobs(const struct lock_component *c);
const struct digest *lock_component_blob(const struct lock_component *c, size_t i);

/* Parses and checks strictly: unknown, duplicate and missing keys, names, paths, digests, sizes, order.
 * Messages name the key ("sets.image[3].sha256: ..."). */
_must_check_ int lock_parse(struct span json, struct lock *ret, struct error **err);
/* Sorts the sets and components and writes canonical JSON, ended by a newline. */
_must_check_ int lock_format(struct lock *l, struct buffer *ret, struct error **err);
/* lock_parse() of a file; errors start with its path. */
_must_check_ int lock_read(const char *path, struct lock *ret, struct error **err);

/* A lock that is older than this deserves a word: Debian mends holes every week. */
#define LOCK_OLD_DAYS 90

/* Seconds since 1970: how fresh the lock's stalest archive was. 0 if a time stamp is none. */
int64_t lock_date(const struct lock *l);
/* Date of the suite's Release file; 0 if the lock does not have it. */
int64_t lock_suite_date(const struct lock *l, const char *archive, const char *suite);
