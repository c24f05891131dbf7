/*
 * Locking of release files: what upstreams publish at an address, and local files. The file is downloaded, or
 * taken from the store or from --component; held against the digest and size that the recipe gives and against
 * upstream's signature; and kept in the store for the build.
 */
#pragma once

#include "net/http.h"
#include "packages/lock.h"
#include "packages/recipe.h"
#include "packages/store.h"

struct lock_release_options {
	const struct store *store;
	struct http_client *http;
	const struct string_list *given;       /* "NAME=FILE"; may be NULL */
	const struct string_list *signer_keys; /* files with public keys; may be NULL */
	const char *key_server;	   /* "https://..." that answers /pks/lookup (HKP); NULL: none */
	struct progress *progress; /* may be NULL */
};

/*
 * COMPONENT_URL and COMPONENT_FILE: fills in source, size, sha256 and signer.
 *
 * Where the recipe names a signer, no file is locked without a good signature by that key. The public key is that of
 * the recipe's SignerKey=, of a file of `signer_keys`, or of the key server: whoever gives it, only one with the
 * fingerprint that the recipe names counts. A signature lies beside a given file as FILE.asc, or is downloaded.
 */
_must_check_ int lock_release_file(const struct lock_release_options *o, const struct component *c,
				   struct lock_component *ret, struct error **err);
