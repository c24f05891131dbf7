/*
 * Progress of long work: what, how much, at which rate, how long it still takes. On a terminal one line that is redrawn,
 * otherwise (also on one that is "dumb") a plain line at the end of each step. No colours, so NO_COLOR has nothing to
 * turn off. Writes to the stream given by the command; a NULL progress
 * is silent, so library code may report unconditionally. Safe to call from several threads.
 */
#pragma once

#include <stdio.h>

#include "base/compiler.h"

struct progress;

/* `stream` is borrowed. `quiet` drops everything. NULL when out of memory: silent, as documented. */
struct progress *progress_new(FILE *stream, bool quiet);
void progress_free(struct progress *p);
DEFINE_FREEP(struct progress *, progress_free)

/* Begins a step of `total` units (bytes where `bytes` is set; 0: unknown). Ends the one before. */
void progress_begin(struct progress *p, const char *what, uint64_t total, bool bytes);
/* The same of work that is mostly short: nothing is said of it until it has taken two seconds. */
void progress_begin_short(struct progress *p, const char *what, uint64_t total, bool bytes);
/* Adds to what is done of the current step. */
void progress_add(struct progress *p, uint64_t done);
/* Ends the current step; `result` (may be NULL) is added to its line. */
void progress_end(struct progress *p, const char *result);
/* On a terminal a line that the next thing said replaces; elsewhere nothing. */
void progress_show(struct progress *p, const char *text);
/* A line of its own; control characters but line feeds and tabs become "?". */
void progress_note(struct progress *p, const char *fmt, ...) _printf_(2, 3);
