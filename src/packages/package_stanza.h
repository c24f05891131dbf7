/*
 * Packages files, read fast: the few fields that choosing versions needs, of lists of 50 MB. The text is one that a
 * signature stands for (packages/archive.h).
 */
#pragma once

#include "base/span.h"

/* Fields as they stand in the list; what it lacks is empty. */
struct package_stanza {
	struct span text; /* all of it, with the empty line behind it */
	struct span package, version, architecture, depends, filename, size, sha256;
};

/* Takes the next stanza; false at the end. Continuation lines are left out of fields. */
_must_check_ bool package_stanza_next(struct reader *r, struct package_stanza *ret);

/* As strcmp() of the span and the string. */
int span_compare_string(struct span s, const char *text);
