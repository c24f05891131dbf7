/*
 * Licences in terms of SPDX (SPDX 2.3, annex D): what makers of packages call them, as an expression that programs
 * understand.
 *
 * Read are the short names of Debian's copyright format 1.0, several with commas between ("GPL-2+ or Artistic,
 * Expat"), and what npm packages state ("(MIT OR Apache-2.0)"). Names and numbers are mapped ("GPL-2+" is
 * GPL-2.0-or-later, "Expat" is MIT); a name that SPDX does not have becomes a LicenseRef of its own, because a name
 * in a copyright file means what that file says: "LicenseRef-glibc-DEC".
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "base/text.h"

/* SPDX 2.3, 3.x: nobody has said. */
#define SPDX_NOASSERTION "NOASSERTION"
/* Text that is read; Debian's longest has 1200 bytes, and what packages/licence.h writes 4096 at most. */
#define SPDX_LICENCE_TEXT_MAX 8192u
/* Parentheses in parentheses. */
#define SPDX_DEPTH_MAX 8u

/* A licence that SPDX does not have. */
struct spdx_ref {
	char *id;    /* "LicenseRef-glibc-DEC" */
	char *name;  /* "DEC" */
	char *scope; /* "glibc": the package whose maker calls it so */
};

struct spdx_refs {
	struct spdx_ref *items; /* each once, in the order of their first use */
	size_t n, capacity;
};

void spdx_refs_release(struct spdx_refs *r);

/*
 * The expression, SPDX_NOASSERTION for an empty text. All that commas separate applies (AND). A text that is no
 * expression becomes one LicenseRef. `scope` is the name of the package; the references used are added to `refs`.
 * Fails for lack of memory and a text that is too long alone.
 */
_must_check_ int spdx_expression(struct span text, const char *scope, struct spdx_refs *refs,
				 char **ret, struct error **err);
