/*
 * The build root: the locked packages of the set "build-root" as a folder in the store, and commands
 * run in it. Every outside tool whose output enters an image runs here: with bubblewrap, without
 * network, as an ordinary user without namespaces of its own, under a filter of system calls, with a fixed
 * environment, time zone and locale, seeing nothing of the host but the folders given.
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"
#include "packages/lock.h"
#include "packages/store.h"

struct build_root_origin;

struct build_root {
	char *path;
	struct digest key; /* over the packages that it is made of: part of the keys of steps */
	struct build_root_origin *origin; /* NULL: a folder that somebody else vouches for */
};

void build_root_release(struct build_root *b);

/* What the folder is called in STORE_ROOTS, in hexadecimal. */
_must_check_ int build_root_key(const struct lock_set *packages, struct digest *ret,
				struct error **err);

/* Whether the store has the folder, by name only. Where it has none, its packages are needed. */
_must_check_ int build_root_exists(const struct store *s, const struct lock_set *packages,
				   bool *ret_exists, struct error **err);

/*
 * Makes the folder from fetched packages unless the store has it. One that is there already is verified, and
 * made again if it is damaged, before the first command runs in it: it holds 270 MB, and a build whose steps
 * are all in the store runs none. `s` and `packages` outlive the build root.
 */
_must_check_ int build_root_prepare(const struct store *s, const struct lock_set *packages,
				    struct progress *progress, struct build_root *ret,
				    struct error **err);

/* Appends a file of the folder, of at most `max` bytes, verified; the rest of the folder is not looked at. */
_must_check_ int build_root_read(const struct build_root *b, const char *path, size_t max,
				 struct buffer *ret, struct error **err);

/* Adds the folders over which the sandbox mounts its own. */
_must_check_ int build_root_add_mounts(const char *directory, struct error **err);

/* A folder of the host that a command sees. */
struct sandbox_folder {
	const char *host;
	const char *inside; /* absolute, below a folder of the sandbox's own: "/work", "/source" */
	bool writable;
};

struct sandbox_command {
	const char *const *argv;
	const struct sandbox_folder *folders; /* ended by .host = NULL */
	const char *directory;		      /* working folder inside */
	int stdin_fd;			      /* -1: /dev/null */
};

/* Runs to the end; standard output into `ret_output` (may be NULL). `environment` (may be NULL) are names and values
 * in turn, beside the fixed ones, ended by NULL. */
_must_check_ int build_root_run_with(const struct build_root *b,
				     const struct sandbox_command *command,
				     const char *const *environment, struct buffer *ret_output,
				     struct error **err);

/* The same without an environment of its own. */
_must_check_ int build_root_run(const struct build_root *b, const struct sandbox_command *command,
				struct buffer *ret_output, struct error **err);
