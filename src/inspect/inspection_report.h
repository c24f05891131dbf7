/*
 * An inspection as text for people and as JSON for programs (docs/inspect.md has the keys). The same
 * file gives the same bytes.
 */
#pragma once

#include "inspect/inspection.h"
#include "inspect/root_files.h"

/* A million files with paths, digests and what JSON puts around them; other images take a few KiB. */
#define INSPECT_REPORT_MAX (512u << 20)

struct inspect_registers {
	const struct measurement *measurement; /* NULL if they cannot be predicted */
	const char *problem;		       /* and why */
};

/* `files` may be NULL. */
void inspection_text(const struct inspection *in, const struct inspect_registers *registers,
		     const struct root_files *files, struct buffer *b);
_must_check_ int inspection_json(const struct inspection *in,
				 const struct inspect_registers *registers,
				 const struct root_files *files, struct buffer *b,
				 struct error **err);

/* "the first half of the root hash"; NULL for a GUID that is its own. */
const char *guid_origin_text(enum guid_origin o);
