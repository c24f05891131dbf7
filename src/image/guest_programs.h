/*
 * The programs inside the VM, compiled in the build root from guest/NAME and the parts of src/ that
 * they use. guest/NAME/sources lists them: lines "source PATH" (relative to the project's folder) and
 * "link FLAG"; "#" starts a comment line.
 */
#pragma once

#include "image/build_root.h"

/* Limit of a sources file; each names a few dozen files. */
#define GUEST_SOURCES_MAX (64u << 10)

/*
 * Compiles guest/NAME below the project folder `source`, or takes the result of an earlier build of the
 * same sources in the same build root. *ret_path is the program's file in the store.
 */
_must_check_ int guest_program_compile(const struct store *s, const struct build_root *b,
				       const char *source, const char *name, char **ret_path,
				       struct error **err);
