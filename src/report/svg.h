/*
 * What pictures of the page are made of. Their colours are classes of the page's style (report/style.c).
 */
#pragma once

#include "report/html.h"
#include "report/treemap.h"

/* Width of a letter of the pictures' text, 12 units high: an average of system fonts, on the safe side. */
#define SVG_LETTER 6.9
/* Of the class "strong". */
#define SVG_STRONG_LETTER 7.8

/* Text in a rectangle, `y` below its upper edge; cut to its width, and left out where hardly a word would fit. */
void svg_label(struct buffer *b, const char *text, const struct rectangle *r, double y,
	       const char *class);
