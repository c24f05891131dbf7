/*
 * A root for one tool: of the build root the program and the libraries that it loads, and nothing else. It is
 * a few megabytes, where the build root is 270: a tool that every build runs does not make every build verify
 * all tools.
 */
#pragma once

#include "image/build_root.h"

/*
 * Makes the folder, or takes that of an earlier build of the same build root, verified. `program` is a path
 * in the build root, as "usr/bin/mkfs.erofs". Commands run in *ret as in the build root, whose key it has.
 * What the program would read later by itself (plugins, locales, settings) is not there.
 */
_must_check_ int tool_root_prepare(const struct store *s, const struct build_root *b,
				   const char *program, struct build_root *ret, struct error **err);
