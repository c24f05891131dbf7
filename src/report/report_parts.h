/*
 * The parts of the page. Each appends one <section>; lack of memory is sticky in the buffer, and a negative code.
 */
#pragma once

#include "report/html.h"
#include "report/report.h"

/* Pictures are drawn for wide, middle and narrow screens; the page's style shows one. A unit is then about a pixel, so
 * that their text has the size of other text. */
#define PICTURE_WIDE 1000.0
#define PICTURE_MIDDLE 680.0
#define PICTURE_NARROW 340.0

/* A named range of bytes of the image, which the page has a row for. */
struct place {
	uint64_t offset, size;
	unsigned depth; /* 0: of the disk; 1: in a partition; 2: in a file */
	const char *kind;
	char *name;
	unsigned partition; /* 0: none */
};

struct place_map {
	struct place *items; /* each after what it lies in */
	size_t n, capacity;
};

void place_map_release(struct place_map *m);
_must_check_ int place_map_make(const struct inspection *in, struct place_map *ret,
				struct error **err);
/* The innermost that holds the byte; and the first of this name. The index is that of its row, "#at-INDEX". False if
 * there is none. */
_must_check_ bool place_map_find(const struct place_map *m, uint64_t offset, size_t *ret);
_must_check_ bool place_map_find_name(const struct place_map *m, const char *name, size_t *ret);

extern const char report_style[];

_must_check_ int report_contents(const struct report *r, struct buffer *b, struct error **err);
void report_boot(const struct report *r, const struct place_map *map, struct buffer *b);
void report_registers(const struct report *r, const struct place_map *map, struct buffer *b);
_must_check_ int report_packages(const struct report *r, struct buffer *b, struct error **err);
void report_changes(const struct report *r, struct buffer *b);
void report_runs(const struct report *r, struct buffer *b);

/* The list of packages in the root; NULL if there is none. */
const struct package_list *report_package_list(const struct report *r);
