/*
 * A boot as a picture: a bar of its phases over one line for each unit, to the same scale.
 */
#pragma once

#include "report/html.h"
#include "vm/boot_timeline.h"

/* Of 256 units, some 500 bytes each. */
#define TIMELINE_SVG_MAX (1u << 20)

/*
 * Appends the <svg> element, `width` units wide, to be styled by its page (report/style.c); `id` begins the
 * identifiers within, and `class` is the element's.
 */
void timeline_svg(const struct boot_timeline *t, double width, const char *id, const char *class,
		  struct buffer *b);

/* Appends a whole file, which has its style with it, light and dark. */
void timeline_svg_file(const struct boot_timeline *t, const char *image, struct buffer *b);
