/*
 * What somebody says that an image is: a published manifest.json or measurements.json, as far as another build can
 * be held against it.
 */
#pragma once

#include "base/error.h"
#include "crypto/digest.h"

/* A manifest: some hundred packages with their licences; artefacts are a dozen. */
#define PUBLISHED_MAX (16u << 20)
#define PUBLISHED_ARTEFACTS_MAX 64u
#define PUBLISHED_PACKAGES_MAX 8192u

struct published_artefact {
	const char *name; /* file name: "devnet.raw" */
	uint64_t size;
	struct digest sha256;
};

struct published_package {
	const char *name, *version, *architecture; /* NULL of a component */
	struct digest sha256;
};

struct published {
	const char *image;
	bool debug;
	bool is_manifest; /* else it is a measurements.json: of the disk alone, without packages */
	struct published_artefact *artefacts;
	size_t n_artefacts;
	struct published_package *packages; /* with the components behind them */
	size_t n_packages;
	bool has_lock; /* lock_sha256 is that of the lock file; older manifests do not say */
	struct digest lock_sha256;
	void *storage; /* what the strings belong to */
};

void published_release(struct published *p);

/*
 * Takes either by its members. Keys that are not known mean nothing here. Refused: artefacts that are no plain file
 * names or there twice, digests that are none, a measurements.json of no raw disk.
 */
_must_check_ int published_parse(struct span json, struct published *ret, struct error **err);

/* The artefact of that name; NULL if there is none. */
const struct published_artefact *published_find(const struct published *p, const char *name);

/* Whether a manifest and measurements are of one image, one variant and one disk: -ERROR_REFUSED if not. */
_must_check_ int published_check_pair(const struct published *manifest,
				      const struct published *measurements, struct error **err);
