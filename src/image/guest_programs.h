/*
 * The programs inside the VM, compiled in the build root from guest/NAME and the parts of src/ that
 * they use, which are compiled once for all of them. guest/NAME/sources lists them: lines "source PATH"
 * (relative to the project's folder) and "link FLAG"; "#" starts a comment line.
 */
#pragma once

#include "image/build_root.h"

/* Limit of a sources file; each names a few dozen files. */
#define GUEST_SOURCES_MAX (64u << 10)

/* What all guest programs are made from, read once: compiler, build root, shared folders of the project. */
struct guest_sources {
	const struct build_root *build_root;
	const char *source;	      /* the project's folder; borrowed, as the build root is */
	struct digest_stream *shared; /* what every program's key begins with */
};

_must_check_ int guest_sources_read(const struct build_root *b, const char *source,
				    struct guest_sources *ret, struct error **err);
void guest_sources_release(struct guest_sources *g);

/*
 * Compiles guest/NAME, or takes the result of an earlier build of the same sources in the same build root.
 * *ret_path is the program's file in the store.
 */
_must_check_ int guest_program_compile(const struct store *s, const struct guest_sources *g,
				       const char *name, char **ret_path, struct error **err);
