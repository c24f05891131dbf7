/*
 * The text of `tdnode NAME --help`, from what the command declares.
 */
#pragma once

#include "base/buffer.h"
#include "cli/command.h"

#define HELP_MAX (64u << 10)

/* Appends "tdnode build IMAGE [options]" for each form of the command, with `between` between two. */
_must_check_ int help_usage(const struct command *c, const char *between, struct buffer *b,
			    struct error **err);

/* Appends the whole text: usage, what the command does, its options, notes and example. */
_must_check_ int help_text(const struct command *c, struct buffer *b, struct error **err);
