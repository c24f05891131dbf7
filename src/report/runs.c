/*
 * How the last runs on this machine went.
 */
#include "formats/json_read.h"
#include "report/report_parts.h"
#include "report/timeline_svg.h"

#define ID_SIZE 48u

struct verdict {
	const char *class, *text;
};

static struct verdict verdict_of(const struct last_run *r)
{
	if (r->outcome == RUN_STOPPED)
		return (struct verdict){"open", "stopped before it was ready"};
	if (r->outcome == RUN_FAILED)
		return (struct verdict){"bad", "failed"};
	if (!r->registers)
		return (struct verdict){"open", "ready; registers not checked"};
	if (!string_equal(r->registers, "equal"))
		return (struct verdict){"bad", "registers differ from the prediction"};
	return r->message ? (struct verdict){"bad", "registers equal, but refused"}
			  : (struct verdict){"good", "registers equal to the prediction"};
}

static void put_subject(const struct report *report, const struct last_run *r, struct buffer *b)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&report->in->disk_sha256, hex);
	html_put(b, "%s, %s", r->image, r->accelerator);
	if (!r->sha256)
		return;
	buffer_put_string(b, string_equal(r->sha256, hex) ? ", this image"
							  : ", <strong>another build</strong>");
}

static void put_phases(const struct boot_timeline *t, struct buffer *b)
{
	buffer_put_string(b, "<ul class=\"phases\">");
	for (size_t p = 0; p < TIMELINE_PHASES; p++) {
		uint64_t begin, end;

		if (!boot_timeline_phase(t, (enum timeline_phase)p, &begin, &end))
			continue;
		html_put(b, "<li><span class=\"key p%zu\"></span>%s ", p,
			 timeline_phase_name((enum timeline_phase)p));
		/* The last one of a boot that went no further. */
		if (begin == end && !t->answered)
			buffer_put_string(b, "begun</li>");
		else
			html_put(b, "<strong>%.1f s</strong></li>", (double)(end - begin) / 1000);
	}
	buffer_put_string(b, "</ul>\n");
}

static void put_units(const struct boot_timeline *t, const char *instance, struct buffer *b)
{
	if (!t->n)
		return;
	html_put(b,
		 "<details><summary>Units as a table</summary><div class=\"scroll\" tabindex=\"0\" "
		 "role=\"region\" aria-label=\"Units of %s\"><table><thead><tr><th "
		 "scope=\"col\">unit</th>"
		 "<th scope=\"col\" class=\"n\">begins</th><th scope=\"col\" "
		 "class=\"n\">ends</th></tr>"
		 "</thead><tbody>\n",
		 instance);
	for (size_t i = 0; i < t->n; i++) {
		const struct timeline_unit *u = &t->units[i];

		html_put(b,
			 "<tr><th scope=\"row\">%s</th><td class=\"n\">%.1f s</td><td class=\"n\">",
			 u->name, (double)u->begin / 1000);
		if (u->ended)
			html_put(b, "%.1f s%s", (double)u->end / 1000, u->failed ? ", failed" : "");
		buffer_put_string(b, "</td></tr>\n");
	}
	buffer_put_string(b, "</tbody></table></div></details>\n");
}

static void put_run(const struct report *report, size_t i, struct buffer *b)
{
	const struct last_run *r = &report->runs[i];
	const struct verdict v = verdict_of(r);
	char time[TIME_TEXT_SIZE], id[ID_SIZE];

	time_format(r->started, time);
	html_put(b,
		 "<article><h3>%s</h3>\n<p><span class=\"verdict %s\">%s</span></p>\n"
		 "<p><time datetime=\"%s\">%s</time>; ",
		 r->instance, v.class, v.text, time, time);
	put_subject(report, r, b);
	if (r->timeline.answered)
		html_put(b, "; the node answered after <strong>%.1f s</strong>",
			 (double)r->timeline.answer / 1000);
	buffer_put_string(b, ".</p>\n");
	if (r->message)
		html_put(b, "<pre tabindex=\"0\">%s</pre>\n", r->message);
	put_phases(&r->timeline, b);
	snprintf(id, sizeof id, "run-%zu-wide", i);
	timeline_svg(&r->timeline, PICTURE_WIDE, id, "timeline wide", b);
	snprintf(id, sizeof id, "run-%zu-middle", i);
	timeline_svg(&r->timeline, PICTURE_MIDDLE, id, "timeline middle", b);
	snprintf(id, sizeof id, "run-%zu-narrow", i);
	timeline_svg(&r->timeline, PICTURE_NARROW, id, "timeline narrow", b);
	put_units(&r->timeline, r->instance, b);
	buffer_put_string(b, "</article>\n");
}

void report_runs(const struct report *r, struct buffer *b)
{
	buffer_put_string(b, "<section id=\"runs\"><h2>Last runs on this machine</h2>\n");
	if (!r->n_runs)
		buffer_put_string(b,
				  "<p>No instance here has run this image: <code>tdnode run --check"
				  "</code> does.</p>\n");
	for (size_t i = 0; i < r->n_runs; i++)
		put_run(r, i, b);
	buffer_put_string(b, "</section>\n");
}
