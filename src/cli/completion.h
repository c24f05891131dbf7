/*
 * What may stand next on a command line.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#define COMPLETION_MAX (1u << 20)

/*
 * Appends what the last of `n` words after "tdnode" can be completed to, one a line: the whole word, a tab, and help.
 * ":file" and ":directory" leave it to the shell. An unknown command completes to nothing. A "=" on its own, as bash
 * hands on "--option=value", separates an option from its value.
 */
_must_check_ int completion_query(size_t n, char **words, struct buffer *b, struct error **err);
