/*
 * Configuration text in the style of systemd and mkosi: sections, Key=value lines, comments.
 *
 *	# a comment takes a whole line, so does one that starts with ";"
 *	[Packages]
 *	Install=systemd
 *	Install=libc6
 *	[Component anvil]
 *
 * A repeated key is a list. Blanks around key and value are dropped. There are no continuation lines,
 * no quoting and no expansion of anything. Text must be UTF-8 without control characters but tab.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* Far above any recipe; keeps a mistaken file out of memory. */
#define CONF_MAX (1u << 20)

struct conf_entry {
	unsigned line;	      /* 1-based */
	struct span section;  /* "Packages" */
	struct span argument; /* "anvil" of "[Component anvil]", else empty */
	struct span key;      /* empty for the line that opens a section */
	struct span value;
};

/* Called for each section line and each assignment, in order; a negative result ends the parse. */
typedef int (*conf_function)(void *context, const struct conf_entry *e, struct error **err);

/*
 * Parses `text`. Errors, also those of the function, start with `name` and the line:
 * "images/x/image.conf:12: no '=' in 'Install systemd'".
 */
_must_check_ int conf_parse(const char *name, struct span text, conf_function f, void *context,
			    struct error **err);

/* True if the bytes are well-formed UTF-8 (RFC 3629) without control characters but tab. */
bool conf_text_is_clean(struct span s);
