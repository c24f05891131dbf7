/*
 * The list of packages that an image holds in its root file system, so that anybody who has the image
 * knows what is in it: one JSON object, a line for each package.
 *
 *	{"version": 1, "image": "devnet", "debug": false,
 *	 "packages": [{"name": "libc6", "version": "2.41-12", "architecture": "amd64"}, ...],
 *	 "components": [{"name": "anvil", "version": "1.7.1"}, ...]}
 *
 * The same packages give the same bytes.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#define PACKAGE_LIST_PATH "usr/lib/tdnode/manifest.json"
/* Some thousand packages of 100 bytes each. */
#define PACKAGE_LIST_MAX (1u << 20)
/* Packages and components of a list that is read; Debian's largest images have a few thousand. */
#define PACKAGE_LIST_ITEMS_MAX 8192u

struct package_list_item {
	const char *name;
	const char *version;
	const char *architecture; /* NULL of a component: no Debian package */
};

struct package_list {
	const char *image;
	bool debug;
	struct package_list_item *items; /* packages first, then components */
	size_t n;
	void *storage; /* what a parsed list refers to */
};

_must_check_ int package_list_format(const struct package_list *l, struct buffer *ret,
				     struct error **err);

/* Reads a list, strictly: keys that are not known are refused. */
_must_check_ int package_list_parse(struct span json, struct package_list *ret, struct error **err);
void package_list_release(struct package_list *l); /* of a parsed list */
