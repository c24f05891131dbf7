/*
 * Licences in prose: which well-known notices and texts a copyright file has that is not in Debian's copyright
 * format 1.0. A text is recognised word by word, in its whole length, whatever its line breaks, punctuation and
 * marks of comments; names of holders may differ. Nothing is weighed or taken for likely: what is not recognised has
 * no name, and the answer says that it was there.
 *
 * This is a conclusion of ours, never what the package's maker has declared.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "base/text.h"

/* gcc-14's copyright file, the longest in prose of our images, has 69 kB. */
#define LICENCE_TEXT_MAX (1u << 20)

/* Stands beside the names when the text has terms that were not recognised. */
#define LICENCE_OTHER_TERMS "other-terms"

/*
 * Adds to `ret`, in byte order, each once: short names of Debian's copyright format ("GPL-3+", "BSD-3-clause",
 * "GPL-3+ with GCC-exception-3.1"), which spdx_expression() reads; and LICENCE_OTHER_TERMS if words of licences
 * remain that no known text covers, or a reference to /usr/share/common-licenses that no notice explains. Nothing is
 * added if no name is known, or the text has more than LICENCE_TEXT_MAX bytes. Fails for lack of memory alone.
 */
_must_check_ int licence_text_names(struct span text, struct string_list *ret);
