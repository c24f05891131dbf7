/*
 * What the image holds and how big it is: a treemap, and the same as a table.
 */
#include <inttypes.h>

#include "report/report_parts.h"
#include "report/shares.h"
#include "report/svg.h"

/* Drawn and listed; the rest of a group, or of the groups, is one item. */
#define GROUPS_SHOWN 160u
#define ITEMS_SHOWN 40u
#define TABLE_ITEMS_SHOWN 12u

#define HEADING 19.0

static void put_rectangle(struct buffer *b, const struct rectangle *r, const char *class,
			  unsigned kind)
{
	html_put(b, "<rect class=\"%s k%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		 class, kind, r->x, r->y, MAX(r->width, 0.1), MAX(r->height, 0.1));
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Values of the first `shown` and of the rest as one more; how many there are. */
static size_t group_values(const struct share_group *g, double values[ITEMS_SHOWN + 1])
{
	size_t n = MIN(g->n, (size_t)ITEMS_SHOWN);

	for (size_t i = 0; i < n; i++)
		values[i] = (double)g->items[i].bytes;
	values[n] = 0;
	for (size_t i = n; i < g->n; i++)
		values[n] += (double)g->items[i].bytes;
	return n + (g->n > n);
}

/* The rest of a group may be larger than what comes before it: only the shape of its rectangle suffers. */
static void put_group_items(const struct share_group *g, struct rectangle inner, struct buffer *b)
{
	struct rectangle rectangles[ITEMS_SHOWN + 1];
	double values[ITEMS_SHOWN + 1];
	size_t n = group_values(g, values);

	treemap_divide(values, n, inner, rectangles);
	for (size_t i = 0; i < n; i++) {
		bool rest = i == ITEMS_SHOWN;

		/* Too small to be seen or pointed at. */
		if (rectangles[i].width < 1.5 || rectangles[i].height < 1.5)
			continue;
		buffer_put_string(b, "<g><title>");
		if (rest)
			html_put(b, "%s: %zu smaller ones", g->name, g->n - ITEMS_SHOWN);
		else
			html_put(b, "%s: %s, ", g->name, g->items[i].name);
		if (!rest)
			html_size(b, g->items[i].bytes);
		buffer_put_string(b, "</title>");
		put_rectangle(b, &rectangles[i], "item", g->kind);
		if (!rest)
			svg_label(b, path_basename(g->items[i].name), &rectangles[i], 14, "small");
		buffer_put_string(b, "</g>\n");
	}
}

static void put_group(const struct share_group *g, const struct rectangle *r, struct buffer *b)
{
	struct rectangle inner = {r->x + 2, r->y + 2, r->width - 4, r->height - 4};
	bool headed = r->width > 50 && r->height > 44;

	html_put(b, "<g><title>%s, ", g->name);
	html_size(b, g->bytes);
	buffer_put_string(b, "</title>");
	put_rectangle(b, r, "group", g->kind);
	if (headed)
		svg_label(b, g->name, r, 15, "strong");
	buffer_put_string(b, "</g>\n");
	if (headed) {
		inner.y += HEADING;
		inner.height -= HEADING;
	}
	if (inner.width > 4 && inner.height > 4)
		put_group_items(g, inner, b);
}

/* What is too small to have a group of its own in the picture. */
static void put_rest(const struct shares *s, size_t shown, const struct rectangle *r,
		     struct buffer *b)
{
	html_put(b, "<g><title>%zu smaller ones</title>", s->n - shown);
	put_rectangle(b, r, "group", SHARE_OTHER);
	buffer_put_string(b, "</g>\n");
}

static int put_treemap(const struct shares *s, double width, double height, const char *class,
		       const char *id, struct buffer *b, struct error **err)
{
	size_t n = MIN(s->n, (size_t)GROUPS_SHOWN), all = n + (s->n > n);
	_cleanup_free_ double *values = calloc(n + 1, sizeof *values);
	_cleanup_free_ struct rectangle *rectangles = calloc(n + 1, sizeof *rectangles);

	if (!values || !rectangles)
		return error_oom(err);
	for (size_t i = 0; i < n; i++)
		values[i] = (double)s->items[i].bytes;
	for (size_t i = n; i < s->n; i++)
		values[n] += (double)s->items[i].bytes;
	treemap_divide(values, all, (struct rectangle){0, 0, width, height}, rectangles);
	html_put(b,
		 "<svg class=\"picture treemap %s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
		 "aria-labelledby=\"%s\"><title id=\"%s\">Treemap of the image: the area of a "
		 "rectangle is its "
		 "share; the table below says the same</title>\n",
		 class, width, height, id, id);
	for (size_t i = 0; i < n; i++)
		put_group(&s->items[i], &rectangles[i], b);
	if (all > n)
		put_rest(s, n, &rectangles[n], b);
	buffer_put_string(b, "</svg>\n");
	return 0;
}

static void put_row(struct buffer *b, bool heading, const char *name, uint64_t bytes,
		    uint64_t whole)
{
	html_put(b,
		 heading ? "<tr class=\"sum\"><th scope=\"row\">%s</th>"
			 : "<tr><td class=\"sub\">%s</td>",
		 name);
	buffer_put_string(b, "<td class=\"n\">");
	html_size(b, bytes);
	html_put(b, "</td><td class=\"n\">%.1f %%</td></tr>\n", percent(bytes, whole));
}

static void put_table(const struct shares *s, struct buffer *b)
{
	buffer_put_string(b,
			  "<details><summary>The same as a table</summary><div class=\"scroll\" "
			  "tabindex=\"0\" role=\"region\" aria-label=\"Contents by size\"><table>"
			  "<thead><tr><th scope=\"col\">what</th><th scope=\"col\" class=\"n\">in "
			  "the image</th>"
			  "<th scope=\"col\" class=\"n\">share</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < MIN(s->n, (size_t)GROUPS_SHOWN); i++) {
		const struct share_group *g = &s->items[i];
		uint64_t rest = g->bytes;

		put_row(b, true, g->name, g->bytes, s->bytes);
		for (size_t k = 0; k < MIN(g->n, (size_t)TABLE_ITEMS_SHOWN); k++) {
			put_row(b, false, g->items[k].name, g->items[k].bytes, s->bytes);
			rest -= g->items[k].bytes;
		}
		if (g->n > TABLE_ITEMS_SHOWN)
			put_row(b, false, "smaller ones", rest, s->bytes);
	}
	if (s->n > GROUPS_SHOWN)
		html_put(b, "<tr><td colspan=\"3\">and %zu more</td></tr>\n", s->n - GROUPS_SHOWN);
	buffer_put_string(b, "</tbody></table></div></details>\n");
}

static void put_legend(const struct report *r, struct buffer *b)
{
	buffer_put_string(b,
			  "<ul class=\"legend\"><li><span class=\"key k0\"></span>boot image</li>");
	html_put(b, "<li><span class=\"key k1\"></span>%s</li>",
		 r->owners ? "packages and components" : "files, by folder");
	if (r->owners)
		buffer_put_string(b, "<li><span class=\"key k2\"></span>recipe and build</li>");
	buffer_put_string(b, "<li><span class=\"key k3\"></span>structures, hash tree, free space"
			     "</li></ul>\n");
}

int report_contents(const struct report *r, struct buffer *b, struct error **err)
{
	_cleanup_(shares_release) struct shares s = {0};
	int result = shares_make(r, &s, err);

	if (result < 0)
		return result;
	buffer_put_string(b, "<section id=\"contents\"><h2>What it holds</h2>\n<p>All ");
	html_size(b, s.bytes);
	html_put(b,
		 " of the %s, by what takes the room: %s. Files of the root count as they lie "
		 "there, "
		 "compressed.</p>\n",
		 r->in->is_disk ? "disk" : "image",
		 r->owners ? "files by the package that brought them"
			   : "files by folder, since no lock and store say which package brought "
			     "which");
	put_legend(r, b);
	result = put_treemap(&s, PICTURE_WIDE, 520, "wide", "treemap-wide", b, err);
	if (result >= 0)
		result = put_treemap(&s, PICTURE_MIDDLE, 520, "middle", "treemap-middle", b, err);
	if (result >= 0)
		result = put_treemap(&s, PICTURE_NARROW, 560, "narrow", "treemap-narrow", b, err);
	if (result < 0)
		return result;
	put_table(&s, b);
	buffer_put_string(b, "</section>\n");
	return 0;
}
