/*
 * What differs from another image (src/diff).
 */
#include <inttypes.h>

#include "report/report_parts.h"

/* tdnode diff has all. */
#define DIFFERENCES_SHOWN 1000u

static void put_where(const struct difference *d, struct buffer *b)
{
	for (size_t i = 0; i < d->where.n; i++)
		html_put(b, "%s%s", i ? " › " : "", d->where.items[i]);
}

/* Each place with a difference of its own, once. */
static void put_causes(const struct diff *d, struct buffer *b)
{
	const struct difference *before = NULL;
	size_t shown = 0;

	buffer_put_string(b, "<h3>What differs by itself</h3>\n<ul>\n");
	for (size_t i = 0; i < d->n && shown < DIFFERENCES_SHOWN; i++) {
		const struct difference *item = &d->items[i];

		if (!diff_is_cause(item) || (before && diff_is_same_place(before, item)))
			continue;
		before = item;
		shown++;
		buffer_put_string(b, "<li>");
		put_where(item, b);
		if (item->where.n == 0)
			html_put(b, "%s", item->what);
		buffer_put_string(b, "</li>\n");
	}
	buffer_put_string(b, "</ul>\n");
}

static void put_difference(const struct difference *d, struct buffer *b)
{
	buffer_put_string(b, "<tr><th scope=\"row\">");
	put_where(d, b);
	html_put(b, "</th><td>%s", d->what);
	if (d->total_blocks)
		html_put(b, ": %lu of %lu blocks", d->blocks, d->total_blocks);
	if (d->has_bytes)
		html_put(b, "<br><span class=\"muted\">first at byte %lu</span>", d->offset);
	html_put(b, "</td><td><code>%s</code></td><td><code>%s</code></td><td>%s</td></tr>\n",
		 d->values[DIFF_A], d->values[DIFF_B], d->follows_from);
}

static void put_all(const struct diff *d, struct buffer *b)
{
	html_put(b,
		 "<details><summary>All %zu differences</summary><div class=\"scroll\" "
		 "tabindex=\"0\" "
		 "role=\"region\" aria-label=\"Differences\"><table><thead><tr><th "
		 "scope=\"col\">where</th>"
		 "<th scope=\"col\">what</th><th scope=\"col\">before: %s</th><th "
		 "scope=\"col\">now: %s</th>"
		 "<th scope=\"col\">follows from</th></tr></thead><tbody>\n",
		 d->n, d->sides[DIFF_A].name, d->sides[DIFF_B].name);
	for (size_t i = 0; i < MIN(d->n, (size_t)DIFFERENCES_SHOWN); i++)
		put_difference(&d->items[i], b);
	if (d->n > DIFFERENCES_SHOWN)
		html_put(b,
			 "<tr><td colspan=\"5\">and %zu more: <code>tdnode diff</code> has "
			 "them</td></tr>",
			 d->n - DIFFERENCES_SHOWN);
	buffer_put_string(b, "</tbody></table></div></details>\n");
}

void report_changes(const struct report *r, struct buffer *b)
{
	const struct diff *d = r->changes;

	if (!d)
		return;
	html_put(b, "<section id=\"changes\"><h2>What changed</h2>\n<p>From %s (",
		 d->sides[DIFF_A].name);
	html_size(b, d->sides[DIFF_A].file_size);
	html_put(b, ") to %s (", d->sides[DIFF_B].name);
	html_size(b, d->sides[DIFF_B].file_size);
	buffer_put_string(b, ").</p>\n");
	if (d->same_disk) {
		html_put(b, "<p class=\"verdict good\">%s</p>\n",
			 d->same_file ? "The same bytes."
				      : "The same disk; the container differs.");
	} else {
		put_causes(d, b);
		put_all(d, b);
	}
	buffer_put_string(b, "</section>\n");
}
