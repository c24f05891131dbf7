/*
 * Licences of a package, from its machine-readable copyright file (Debian's copyright format 1.0).
 */
#pragma once

#include "base/span.h"

/* The short names of all "License:" fields, each once, in byte order, joined by ", "; "" if the file is
 * not machine-readable. malloc()ed; NULL when out of memory. */
char *licence_names(struct span copyright) _must_check_;
