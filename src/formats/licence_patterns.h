/*
 * The texts that licence_text.h recognises.
 *
 * A pattern is words between blanks, as they are after capital letters and punctuation are gone:
 *
 *	word	that word
 *	a|b	one of these words
 *	?a|b	one of these words, or none
 *	!a	the next word is not this one; takes none
 *	#	a version, "3" or "v2.1"
 *	~N	any words, at most N
 *	^N	the same, within one sentence
 *	@	what stands behind /usr/share/common-licenses: a name and perhaps its version
 */
#pragma once

#include "base/compiler.h"

struct licence_pattern {
	/* Debian's short name, in which "%v" is the version that "#" took; NULL: a text that comes with licences
	 * and is none. */
	const char *name;
	const char *words;
};

extern const struct licence_pattern licence_patterns[];
extern const size_t licence_patterns_n;
