/*
 * Text for HTML and for SVG within it. What comes from outside is escaped by construction: html_put() escapes every
 * "%s", and only the format itself, a literal, may hold markup.
 *
 *	html_put(b, "<td title=\"%s\">%s</td>", path, name);
 *
 * What cannot be printed (control characters, marks that turn the direction of writing, broken UTF-8) is shown as
 * formats/printable.h shows it.
 */
#pragma once

#include "base/buffer.h"
#include "crypto/digest.h"

/* Escaped for the content of an element and for an attribute in double quotes. */
void html_text(struct buffer *b, struct span text);

/* As printf(), with "%s" escaped. Conversions are %%, %s (NULL is ""), %c, %d, %u, %x, %f, %g and their lengths l, ll, z. */
void html_put(struct buffer *b, const char *fmt, ...) _printf_(2, 3);

/* "12.4 MiB" */
void html_size(struct buffer *b, uint64_t bytes);
/* In a <code> that may break at any character. */
void html_digest(struct buffer *b, const struct digest *d);
