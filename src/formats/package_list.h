/*
 * The list of packages that an image holds in its root file system, so that anybody who has the image
 * knows what is in it: one JSON object, a line for each package.
 *
 *	{"version": 3, "image": "devnet", "debug": false, "suite": "trixie", "date": "2026-11-27T02:10:32Z",
 *	 "packages": [{"name": "libc6", "version": "2.41-12", "architecture": "amd64", "source": "glibc",
 *	               "sha256": "...", "licence": "GPL-2, LGPL-2.1+", "concluded": ""}, ...],
 *	 "components": [{"name": "anvil", "version": "1.7.1", "kind": "npm", "source": "...", "sha256": "...",
 *	                 "licence": "MIT"}, ...],
 *	 "parts": [{"name": "undici", "version": "6.23.0", "component": "lodestar", "sha256": "...",
 *	            "licence": "MIT"}, ...]}
 *
 * The same packages give the same bytes. Lists of version 1 are read: they have names, versions and
 * architectures alone; those of version 2 have nothing concluded.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#define PACKAGE_LIST_PATH "usr/lib/tdnode/manifest.json"
/* Some thousand packages of 200 bytes each. */
#define PACKAGE_LIST_MAX (4u << 20)
/* Packages and components of a list that is read; Debian's largest images have a few thousand. */
#define PACKAGE_LIST_ITEMS_MAX 8192u

/* What a list of version 1 does not say is NULL. */
struct package_list_item {
	const char *name;
	const char *version;
	/* NULL of a component: no Debian package. */
	const char *architecture;
	/* The package that it is built from; of a component as in the lock (packages/lock.h). */
	const char *source;
	/* Of the file that it came as, hexadecimal. */
	const char *sha256;
	/* As its maker names it, not yet in terms of SPDX; "" if nobody has said. */
	const char *licence;
	/* Of a package whose maker has said it in prose alone: the names that were recognised there
	 * (formats/licence_text.h). */
	const char *concluded;
	/* Of a component: "npm", "npm-lock", "url" or "file". */
	const char *kind;
	/* Of a part: the component whose npm tree it belongs to. */
	const char *component;
};

struct package_list {
	const char *image;
	bool debug;
	const char *suite;		 /* "trixie"; NULL if the list does not say */
	const char *date;		 /* of the archive that it was locked from; NULL */
	struct package_list_item *items; /* packages first, then components */
	size_t n;
	struct package_list_item *parts; /* npm packages that components are made of */
	size_t n_parts;
	void *storage; /* what a parsed list refers to */
};

_must_check_ int package_list_format(const struct package_list *l, struct buffer *ret,
				     struct error **err);

/* Reads a list, strictly: keys that are not known are refused. */
_must_check_ int package_list_parse(struct span json, struct package_list *ret, struct error **err);
void package_list_release(struct package_list *l); /* of a parsed list */
