/*
 * One page of HTML about an image: what it holds and how big that is, how it boots, its registers and what leads to
 * each, its packages, what differs from another image, how its last runs on this machine went.
 *
 * The page needs nothing but itself: no script, no font, no picture from elsewhere. Everything in it that comes from
 * the image or a console is escaped (report/html.h). The same inputs give the same bytes.
 */
#pragma once

#include "diff/diff.h"
#include "inspect/inspection_report.h"
#include "vm/last_run.h"

/* Of the page: images of others may have a million files, of which each folder shows the largest. */
#define REPORT_PAGE_MAX (16u << 20)

/* Who brought a file of the root. */
struct report_owner {
	char *path; /* "usr/bin/anvil" */
	char *name; /* of a package or component */
};

struct report_owners {
	struct report_owner *items; /* sorted by path */
	size_t n, capacity;
};

void report_owners_release(struct report_owners *o);
/* Copies both. */
_must_check_ int report_owners_add(struct report_owners *o, const char *path, const char *name,
				   struct error **err);
/* Before the first question. */
void report_owners_sort(struct report_owners *o);
/* NULL: nobody is known. */
const char *report_owners_find(const struct report_owners *o, const char *path);

struct report {
	const struct inspection *in;	/* with digests */
	const struct root_files *files; /* of its root; NULL: it has none that can be read */
	struct inspect_registers registers;
	const struct report_owners *owners; /* NULL: not known */
	const struct diff *changes;	    /* NULL: not compared */
	const struct last_run *runs;
	size_t n_runs;
	const char *tool; /* "tdnode 0.1.0" */
};

_must_check_ int report_html(const struct report *r, struct buffer *ret, struct error **err);
