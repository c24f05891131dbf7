/*
 * package-lock.json of npm (lockfileVersion 2 and 3): which packages of a whole tree are installed where.
 * Read is the object `packages`, whose keys are locations:
 *
 *	"": the root, "node_modules/NAME": below it, "node_modules/NAME/node_modules/OTHER": below NAME
 *
 * What is returned is what "npm ci --omit=dev" installs on the platform: nothing that only development
 * needs, and of what is optional only what runs there.
 */
#pragma once

#include "base/error.h"
#include "crypto/digest.h"

/* The largest lock files of public projects have 3 MB for 3000 packages. */
#define NPM_LOCK_MAX (16u << 20)
#define NPM_LOCK_PACKAGES_MAX 10000u
/* Linux takes no longer path. */
#define NPM_LOCK_LOCATION_MAX 4096u

/* As npm's `os`, `cpu` and `libc` call it. */
struct npm_platform {
	const char *os;	  /* "linux" */
	const char *cpu;  /* "x64" */
	const char *libc; /* "glibc" */
};

struct npm_package {
	char *location;
	char *name; /* in the registry: that of the location unless the package has an alias */
	char *version;
	char *source;		 /* path below a registry: "@scope/name/-/name-1.2.3.tgz" */
	char *licence;		 /* as the package states it; NULL if it does not */
	struct digest integrity; /* SHA-512 of the tarball */
	bool direct;		 /* the root asks for it by name */
};

struct npm_lock {
	struct npm_package *items; /* in byte order of their locations */
	size_t n;
};

void npm_lock_release(struct npm_lock *l);

/*
 * Refused, with the location: what comes from a git repository, a folder, a link or an address that is no
 * tarball of a registry; what has no SHA-512; names and locations that are none. What is not installed is not
 * looked at. Keys that are not known mean nothing here and are passed over.
 */
_must_check_ int npm_lock_parse(struct span json, const struct npm_platform *platform,
				struct npm_lock *ret, struct error **err);
