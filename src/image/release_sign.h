/*
 * Releases: a list of checksums of an image's manifest, measurements and artefacts, and one detached signature over it
 * that ssh-keygen makes and checks as well (formats/sshsig.h). Whoever has neither tdnode nor its sources checks a
 * release with `ssh-keygen -Y verify` and `sha256sum --check`.
 */
#pragma once

#include "crypto/ed25519.h"
#include "formats/checksum_list.h"
#include "formats/sshsig.h"

/* What signatures of releases are for, so that none made for something else counts. */
#define RELEASE_NAMESPACE "tdnode-release"
#define RELEASE_SUMS "SHA256SUMS"
#define RELEASE_SIGNATURE "SHA256SUMS.sig"

struct release_sign_options {
	const char *artifacts; /* folder of artefacts */
	const char *image;
	bool debug;
	const struct ed25519_private *key;
};

/*
 * Writes both files into artifacts/IMAGE[-debug]/, whose path becomes *ret_directory; the same folder and key give the
 * same bytes. -ERROR_REFUSED if the folder does not hold what its manifest and measurements say.
 */
_must_check_ int release_sign(const struct release_sign_options *o, char **ret_directory,
			      struct error **err);

enum release_file_state {
	RELEASE_GOOD,
	RELEASE_ABSENT, /* not there: nobody needs all containers of a disk */
};

struct release_file {
	char *name;
	enum release_file_state state;
};

struct release_verdict {
	char signer[SIGNER_NAME_MAX]; /* the names that the file of signers gives it */
	struct ed25519_public key;
	struct release_file *files;
	size_t n;
};

void release_verdict_release(struct release_verdict *v);

struct release_verify_options {
	const char *directory;
	const char *allowed_signers; /* path */
	const char *identity;	     /* NULL: any in that file */
	int64_t now;		     /* seconds since 1970 */
};

/*
 * -ERROR_REFUSED, with what and where: a signature by somebody else or of something else, a file that is another,
 * a manifest and measurements that are not there or contradict each other or the list.
 */
_must_check_ int release_verify(const struct release_verify_options *o, struct release_verdict *ret,
				struct error **err);
