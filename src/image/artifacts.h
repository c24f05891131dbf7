/*
 * The folder of artefacts, artifacts/IMAGE or artifacts/IMAGE-debug: replaced as a whole by a build
 * that succeeded, untouched by one that did not.
 *
 * Its file `.build` holds the build's key and, for each artefact, what stat() says about it; a folder is
 * current while both still hold.
 */
#pragma once

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "crypto/digest.h"

struct artifacts {
	char *path;	 /* artifacts/devnet */
	char *temporary; /* artifacts/.devnet.XXXXXX, where a build writes; NULL until begun */
	int lock_fd;	 /* one build of an image at a time */
};

#define ARTIFACTS_INIT        \
	{                     \
		.lock_fd = -1 \
	}

/* Takes the lock of artifacts/NAME, waiting for another build of the same image. */
_must_check_ int artifacts_open(const char *artifacts, const char *name, struct artifacts *ret,
				struct error **err);
/* Ends the lock; removes what was begun and not committed. */
void artifacts_release(struct artifacts *a);

/* True if the folder holds the artefacts of `key` as that build left them. */
bool artifacts_current(const struct artifacts *a, const struct digest *key);

/*
 * The key of the build whose artefacts the folder holds, all as that build left them. False otherwise,
 * as after a copy from another machine; *ret stays as it is then.
 */
bool artifacts_key(const struct artifacts *a, struct digest *ret);

/* Makes the temporary folder. Folders that killed builds of this image left are removed. */
_must_check_ int artifacts_begin(struct artifacts *a, struct error **err);
/* Puts what the folder holds into the temporary one, too, but the files of `except`. */
_must_check_ int artifacts_keep(struct artifacts *a, const struct string_list *except,
				struct error **err);
/* As output_commit() and file_write(), for files in the temporary folder: they wait for no disk, since
 * artifacts_commit() does for all of them at once. */
_must_check_ int artifacts_commit_file(struct output *o, struct error **err);
_must_check_ int artifacts_write_file(const char *path, struct span bytes, struct error **err);

/* Waits until all files are on the disk, writes `.build`, and puts the temporary folder in place of the old one. */
_must_check_ int artifacts_commit(struct artifacts *a, const struct digest *key,
				  struct error **err);
