/*
 * A node's measured configuration: KEY=value lines, for the keys that its image declares (config_keys.h).
 *
 *	# a comment takes a whole line
 *	NETWORK=hoodi
 *	MAX_PEERS=80
 *
 * The text is the host's. What is measured and what the node reads is its canonical form: all keys of the
 * image, sorted by name in byte order, with the default where the text sets none, each value in its one form.
 * So a default that another version of the image has shows, and comments, order and blanks do not.
 */
#pragma once

#include "formats/config_keys.h"

/* Of a text: what Azure takes as user data. */
#define CONFIG_MAX (64u << 10)
/* Of the canonical form: every key with the longest name and value. */
#define CONFIG_CANONICAL_MAX (CONFIG_KEYS_MAX * (CONFIG_NAME_MAX + CONFIG_VALUE_MAX + 2))

/*
 * What is extended into this register, before anything reads the configuration: its canonical form, and a
 * separator, so that nobody extends more afterwards. A machine that refuses its configuration extends
 * the separator that says so (TCG PC Client Platform Firmware Profile, 3.3.4.3: an error) alone.
 */
#define CONFIG_PCR 8u
#define CONFIG_SEPARATOR SPAN_LITERAL("\0\0\0\0")
#define CONFIG_SEPARATOR_REFUSED SPAN_LITERAL("\1\0\0\0")
/* The word of the kernel's command line that says that user space of the image does so. */
#define CONFIG_MARK "tdnode.config=pcr8"

struct config {
	const struct config_keys *keys; /* outlives it */
	char **values;			/* of each key, canonical; NULL: the default */
	unsigned *lines;		/* where it was set; 0: nowhere in a text */
};

void config_release(struct config *c);

/* The defaults. */
_must_check_ int config_init(const struct config_keys *keys, struct config *ret,
			     struct error **err);

/* Sets what `text` says. Unknown, repeated and malformed keys and values are errors that begin with `name`
 * and the line: "node.conf:3: unknown key 'NETWROK'". */
_must_check_ int config_read(struct config *c, const char *name, struct span text,
			     struct error **err);

/* Sets one key by "KEY=value", whatever was set before. */
_must_check_ int config_set(struct config *c, const char *assignment, struct error **err);

/* The value of a key, its default if it is not set; NULL: there is no such key. */
const char *config_get(const struct config *c, const char *name);

/* True if any value differs from its default. */
bool config_differs(const struct config *c);

/* Appends the canonical form; and only what differs from the defaults, as a text to be read again. */
void config_canonical(const struct config *c, struct buffer *b);
void config_difference(const struct config *c, struct buffer *b);
