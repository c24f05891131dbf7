/*
 * Bills of materials: what an image is made of, in the two formats that scanners read. The same contents give the
 * same bytes: the only time in them is that of the archive, and identifiers are derived from what they identify.
 *
 *	const struct sbom_inputs in = {.list = &list, .tool = "tdnode 0.1.0"};
 *	r = sbom_make(&in, &s, err);
 *	r = sbom_spdx(&s, &text, err);
 */
#pragma once

#include "formats/package_list.h"
#include "formats/spdx_expression.h"

/* A list of 8192 packages, with all that is said of each. */
#define SBOM_MAX (64u << 20)

enum sbom_role {
	SBOM_PACKAGE,	 /* a Debian package in the image */
	SBOM_COMPONENT,	 /* something else in it */
	SBOM_PART,	 /* an npm package of a component */
	SBOM_BUILD_TOOL, /* compiles or lays out what is in the image, and is not in it */
	SBOM_FIRMWARE,	 /* for local runs */
};

struct sbom_item {
	enum sbom_role role;
	const struct package_list_item *package;
	char *id; /* unique in the bill: "package-libc6", "part-lodestar-undici-6.23.0-00aabbcc" */
	char *purl;
	char *cpe;
	char *licence;	 /* expression of SPDX: what its maker declares */
	char *concluded; /* the same: what we conclude where nothing is declared */
};

struct sbom {
	const char *image, *suite, *date, *root_hash, *tool;
	bool debug;
	struct sbom_item *items; /* in the order of their roles */
	size_t n, capacity;
	struct spdx_refs refs;
};

struct sbom_inputs {
	const struct package_list *list;	/* contents */
	const struct package_list *build_tools; /* NULL: not known */
	const struct package_list *firmware;	/* NULL: not known */
	const char *root_hash;			/* of a finished disk; NULL */
	const char *tool;			/* "tdnode 0.1.0" */
};

void sbom_release(struct sbom *s);

/* The inputs outlive the bill. */
_must_check_ int sbom_make(const struct sbom_inputs *in, struct sbom *ret, struct error **err);

/* How many packages have no licence: nobody has said, and nothing is concluded. */
size_t sbom_without_licence(const struct sbom *s);

/* SPDX 2.3, JSON. */
_must_check_ int sbom_spdx(const struct sbom *s, struct buffer *ret, struct error **err);
/* CycloneDX 1.6, JSON. */
_must_check_ int sbom_cyclonedx(const struct sbom *s, struct buffer *ret, struct error **err);
