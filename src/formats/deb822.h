/*
 * Debian control data: stanzas of "Field: value" lines, as in Release files and apt's .sources files
 * (Debian Policy, chapter 5.1).
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* A field of a stanza. The value spans all its lines; continuation lines keep their leading blank. */
struct deb822_field {
	struct span name;
	struct span value;
	unsigned line; /* 1-based */
};

struct deb822_reader {
	struct reader reader;
	unsigned line;
};

static inline struct deb822_reader deb822_reader_init(struct span text)
{
	return (struct deb822_reader){.reader = reader_init(text)};
}

/*
 * Takes the next field: 1, or 0 at the end of a stanza (which may be the end of the text: then
 * deb822_at_end() holds). Malformed lines are errors with their number. Comment lines ("#") are skipped.
 */
_must_check_ int deb822_next(struct deb822_reader *r, struct deb822_field *ret, struct error **err);

/* Skips empty and comment lines; true if no stanza follows. */
bool deb822_at_end(struct deb822_reader *r);

/* Field names are compared without regard to case. */
bool deb822_is(const struct deb822_field *f, const char *name);

/* Takes the next word (blanks and line ends separate) of *rest; false if there is none. */
bool deb822_word(struct span *rest, struct span *ret);
