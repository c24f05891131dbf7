/*
 * manifest.json: what is in an image and what came out: every package and component with version,
 * digest and licence, every artefact with size and digest. Canonical: sorted keys, no time, no path of
 * the host.
 */
#pragma once

#include "formats/tpm_policy.h"
#include "image/package_trees.h"
#include "packages/lock.h"

struct manifest_artefact {
	const char *name; /* file name */
	uint64_t size;
	struct digest sha256;
};

struct manifest_inputs {
	const struct lock *lock;
	struct digest lock_sha256; /* of the lock file */
	bool debug;
	/* All packages whose files are in the image: root and kernel. */
	const struct package_tree *const *packages;
	size_t n_packages;
	const struct manifest_artefact *artefacts;
	size_t n_artefacts;
	const char *command_line;
	const char *root_hash;
	uint64_t root_size; /* bytes of the root file system */
	/* Texts of the keys in the image, NULL if it has none. */
	const char *policy_key;
	const char *recovery_key;
};

/* Limit of the text: some hundred packages with their licences. */
#define MANIFEST_MAX (16u << 20)

/* Adds usr/lib/tdnode/manifest.json: what the image is made of (formats/package_list.h). It holds
 * nothing that follows from the image, of which it is a part. */
_must_check_ int manifest_add_packages(struct tree *root, const struct lock *lock, bool debug,
				       const struct package_trees *packages, struct error **err);

/* The digest that a manifest gives for an artefact. */
_must_check_ int manifest_read_digest(const char *path, const char *artefact, struct digest *ret,
				      struct error **err);

/* The name, as a TPM computes it, of the policy key in the image: false if it has none. A negative code
 * if the manifest cannot be read. */
_must_check_ int manifest_read_policy_key(const char *path, bool *ret_has, struct tpm_name *ret,
					  struct error **err);

/* Appends the manifest of `path` with other artefacts: those of the same name are replaced, others
 * added. */
_must_check_ int manifest_replace(const char *path, const struct manifest_artefact *artefacts,
				  size_t n, struct buffer *ret, struct error **err);

_must_check_ int manifest_format(const struct manifest_inputs *in, struct buffer *ret,
				 struct error **err);
