/*
 * Which tdnode this is: from VERSION and the commit, as scripts/build.mk finds them.
 */
#pragma once

extern const char program_version[]; /* "tdnode 0.1.0" */
extern const char program_commit[];  /* "commit 7f3d9a0e1c2b", "..., changed", "unknown commit" */
