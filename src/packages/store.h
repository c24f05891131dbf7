/*
 * The store: content-addressed, shared by all images and builds of a user, safe for two builds at
 * once and for being killed at any moment.
 *
 *	blobs/ab/abcd...    downloaded files, named by their SHA-256
 *	partial/            downloads under way, named by the SHA-256 they should get
 *	unpacked/KEY/       index and data of unpacked packages
 *	roots/KEY/          build roots as directories
 *	steps/KEY/          outputs of build steps
 *	AREA/KEY.sum	    what AREA/KEY held when it was made (store_sums.h)
 *	known/		    under which other name a blob was asked for (store_known.h)
 *	locks/		    of those who make something; `lock`: shared by users, exclusive for store_gc()
 *
 * A blob or folder appears by rename, after its bytes were verified and synced. It is read only after its
 * bytes were verified again, once for each process that opens the store: what is damaged is thrown away, said
 * in one line, and made again. A folder without a .sum is unfinished, and made again without a word.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"
#include "crypto/digest.h"

struct store_state;

struct store {
	char *path;
	struct progress *notes; /* where damage is said; borrowed, may be NULL */
	struct store_state *state;
};

/* In locks/: shared by all who use the store. */
#define STORE_LOCK "lock"

#define STORE_KNOWN "known"
#define STORE_BLOBS "blobs"
#define STORE_LOCKS "locks"
#define STORE_PARTIAL "partial"
/* Areas of folders that are made once. */
#define STORE_UNPACKED "unpacked"
#define STORE_ROOTS "roots"
#define STORE_STEPS "steps"

/*
 * Opens, making it if need be: `path`, or $XDG_CACHE_HOME/tdnode, or $HOME/.cache/tdnode if NULL. Refused
 * (ERROR_REFUSED): a store that belongs to neither this user nor root, or that others may write.
 */
_must_check_ int store_open(const char *path, struct store *ret, struct error **err);
void store_release(struct store *s);

/* Waits for nobody: -EBUSY if another process uses the store. Until store_release(), others wait. */
_must_check_ int store_lock_exclusive(const struct store *s, struct error **err);

/* Path of the blob; the file may not exist. malloc()ed, NULL out of memory. */
char *store_blob_path(const struct store *s, const struct digest *sha256) _must_check_;
/* By name and size only: whoever reads it asks store_check_blob() first. */
bool store_has_blob(const struct store *s, const struct digest *sha256, uint64_t size);
/* Whether the blob is there with the bytes of its name. One with others is thrown away. */
bool store_check_blob(const struct store *s, const struct digest *sha256);
char *store_partial_path(const struct store *s, const struct digest *sha256) _must_check_;

/* Moves a finished file (on the same file system) to its blob name after checking size and digest.
 * The file is removed if they differ: ERROR_REFUSED with both digests. */
_must_check_ int store_adopt(const struct store *s, const char *file, const struct digest *sha256,
			     uint64_t size, struct error **err);

/*
 * Folders made once: `area` is STORE_UNPACKED, STORE_ROOTS or STORE_STEPS, key a file name. If the folder
 * exists and holds what it did when it was made, *ret_path is its path. Otherwise `make` is called with the
 * path of an empty folder, under the folder's lock, which becomes AREA/KEY when it returns 0 and is removed
 * when it fails.
 */
typedef int (*store_make_function)(void *context, const char *directory, struct error **err);
_must_check_ int store_folder(const struct store *s, const char *area, const char *key,
			      store_make_function make, void *context, char **ret_path,
			      struct error **err);

/* By name only: whoever reads it asks store_folder() or store_check_folder() first. */
bool store_has_folder(const struct store *s, const char *area, const char *key);

/* Whether store_folder() would find the folder whole. One that is damaged is thrown away. */
_must_check_ int store_check_folder(const struct store *s, const char *area, const char *key,
				    bool *ret_whole, struct error **err);

enum store_folder_state {
	STORE_FOLDER_WHOLE,
	STORE_FOLDER_UNFINISHED, /* or not there */
	STORE_FOLDER_DAMAGED,
};

/* Looks only. *ret_what (of a damaged one) is what differs, malloc()ed. */
_must_check_ int store_inspect_folder(const struct store *s, const char *area, const char *key,
				      enum store_folder_state *ret, char **ret_what,
				      struct error **err);
/* Appends one file of AREA/KEY, of at most `max` bytes, once it is what it was when the folder was made; the rest of
 * the folder is not looked at. -ENOENT if there is no such folder, -ERROR_REFUSED if the file is another. */
_must_check_ int store_read_file(const struct store *s, const char *area, const char *key,
				 const char *name, size_t max, struct buffer *ret,
				 struct error **err);
/* Removes AREA/KEY and what belongs to it. */
_must_check_ int store_remove_folder(const struct store *s, const char *area, const char *key,
				     struct error **err);
