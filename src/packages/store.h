/*
 * The store: content-addressed, shared by all images and builds of a user, safe for two builds at
 * once and for being killed at any moment.
 *
 *	blobs/ab/abcd...    downloaded files, named by their SHA-256
 *	partial/            downloads under way, named by the SHA-256 they should get
 *	unpacked/KEY/       index and data of unpacked packages
 *	roots/KEY/          build roots as directories
 *	steps/KEY/          outputs of build steps
 *	archive/	    package lists of the last lock, with their validators
 *
 * A blob or folder appears by rename, after its bytes were verified and synced; what exists under
 * its final name is complete. Whoever makes one holds its lock (locks/KEY).
 */
#pragma once

#include "base/error.h"
#include "crypto/digest.h"

struct store {
	char *path;
};

/* Opens, making it if need be: `path`, or $XDG_CACHE_HOME/tdnode, or $HOME/.cache/tdnode if NULL. */
_must_check_ int store_open(const char *path, struct store *ret, struct error **err);
void store_release(struct store *s);

/* Path of the blob; the file may not exist. malloc()ed, NULL out of memory. */
char *store_blob_path(const struct store *s, const struct digest *sha256) _must_check_;
bool store_has_blob(const struct store *s, const struct digest *sha256, uint64_t size);
char *store_partial_path(const struct store *s, const struct digest *sha256) _must_check_;

/* Moves a finished file (on the same file system) to its blob name after checking size and digest.
 * The file is removed if they differ: ERROR_REFUSED with both digests. */
_must_check_ int store_adopt(const struct store *s, const char *file, const struct digest *sha256,
			     uint64_t size, struct error **err);

/*
 * Folders made once: `area` is "unpacked", "roots" or "steps", key a file name. If the folder exists,
 * *ret_path is its path. Otherwise `make` is called with the path of an empty folder, under the
 * folder's lock, which becomes AREA/KEY when it returns 0 and is removed when it fails.
 */
typedef int (*store_make_function)(void *context, const char *directory, struct error **err);
_must_check_ int store_folder(const struct store *s, const char *area, const char *key,
			      store_make_function make, void *context, char **ret_path,
			      struct error **err);
