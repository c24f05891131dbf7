#include "report/timeline_svg.h"

#include <inttypes.h>

#define ROW 22.0
#define BAR 34.0
#define TOP 74.0 /* of the units: bar of phases and axis are above */
#define FILE_WIDTH 1000.0
/* Between the lines of the axis. */
#define STEP_LEAST 46.0
/* Of a letter of the pictures' text. */
#define LETTER 6.6

/* Where milliseconds are on the picture. */
struct scale {
	double width;
	uint64_t end;
};

static double place(const struct scale *s, uint64_t milliseconds)
{
	return (double)milliseconds / (double)s->end * s->width;
}

static double seconds(uint64_t milliseconds)
{
	return (double)milliseconds / 1000;
}

static void put_phases(const struct boot_timeline *t, const struct scale *s, struct buffer *b)
{
	for (size_t p = 0; p < TIMELINE_PHASES; p++) {
		const char *name = timeline_phase_name((enum timeline_phase)p);
		uint64_t begin, end;
		double width;

		if (!boot_timeline_phase(t, (enum timeline_phase)p, &begin, &end))
			continue;
		width = place(s, end - begin);
		html_put(b,
			 "<g><title>%s: %.1f s, from %.1f s to %.1f s</title><rect class=\"p%zu\" "
			 "x=\"%.1f\" y=\"0\" "
			 "width=\"%.1f\" height=\"%.0f\"/>",
			 name, seconds(end - begin), seconds(begin), seconds(end), p,
			 place(s, begin), width, BAR);
		if (width > LETTER * (double)(strlen(name) + 8))
			html_put(b, "<text class=\"on%zu\" x=\"%.1f\" y=\"22\">%s %.1f s</text>", p,
				 place(s, begin) + 6, name, seconds(end - begin));
		else if (width > LETTER * (double)(strlen(name) + 2))
			html_put(b, "<text class=\"on%zu\" x=\"%.1f\" y=\"22\">%s</text>", p,
				 place(s, begin) + 6, name);
		buffer_put_string(b, "</g>\n");
	}
}

/* Lines at whole seconds, as near to each other as their texts allow. */
static void put_axis(const struct scale *s, double height, struct buffer *b)
{
	static const uint64_t steps[] = {1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 3600, 86400};
	uint64_t step = steps[0];

	for (size_t i = 0; i < ARRAY_SIZE(steps) && place(s, step * 1000) < STEP_LEAST; i++)
		step = steps[i];
	for (uint64_t at = 0; at * 1000 <= s->end; at += step) {
		double x = place(s, at * 1000);

		html_put(b, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"40\" y2=\"%.0f\"/>",
			 x, x, height);
		/* The last has no room for its text. */
		if (x < s->width - STEP_LEAST)
			html_put(b, "<text class=\"muted\" x=\"%.1f\" y=\"54\">%lu s</text>", x + 3,
				 at);
		buffer_put_u8(b, '\n');
	}
}

static void put_unit(const struct timeline_unit *u, size_t row, const struct scale *s,
		     struct buffer *b)
{
	uint64_t end = u->ended ? u->end : s->end;
	double x = place(s, u->begin), width = MAX(place(s, end) - x, 2.0);
	double y = TOP + (double)row * ROW, text = LETTER * (double)strlen(u->name);
	/* On whichever side has the room. */
	bool left = x + width + text + 12 > s->width && x > text + 12;
	bool within = !left && x + width + text + 12 > s->width;

	html_put(b, "<g><title>%s: from %.1f s", u->name, seconds(u->begin));
	if (!u->ended)
		buffer_put_string(b, ", its end was not seen");
	else
		html_put(b, " to %.1f s%s", seconds(end), u->failed ? ", FAILED" : "");
	html_put(b,
		 "</title><rect class=\"unit%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		 "height=\"12\" rx=\"2\"/>"
		 "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s%s</text></g>\n",
		 u->failed  ? " failed"
		 : u->ended ? ""
			    : " unseen",
		 x, y, width, left ? "muted end" : "muted",
		 left	  ? x - 6
		 : within ? MAX(0.0, s->width - text - 6)
			  : x + width + 6,
		 y + 10, u->name, u->failed ? " (failed)" : "");
}

static void put_picture(const struct boot_timeline *t, double width, double height,
			struct buffer *b)
{
	const struct scale s = {width, MAX(boot_timeline_end(t), 1u)};

	put_axis(&s, height, b);
	put_phases(t, &s, b);
	for (size_t i = 0; i < t->n; i++)
		put_unit(&t->units[i], i, &s, b);
	if (t->answered)
		html_put(b,
			 "<g><title>the node answers at %.1f s</title><line class=\"answer\" "
			 "x1=\"%.1f\" "
			 "x2=\"%.1f\" y1=\"0\" y2=\"%.0f\"/></g>\n",
			 seconds(t->answer), MIN(place(&s, t->answer), width - 1),
			 MIN(place(&s, t->answer), width - 1), height);
}

static double height_of(const struct boot_timeline *t)
{
	return TOP + (double)t->n * ROW + 4;
}

static void put_description(const struct boot_timeline *t, struct buffer *b)
{
	bool first = true;

	for (size_t p = 0; p < TIMELINE_PHASES; p++) {
		uint64_t begin, end;

		if (!boot_timeline_phase(t, (enum timeline_phase)p, &begin, &end))
			continue;
		html_put(b, "%s%s %.1f s", first ? "" : ", ",
			 timeline_phase_name((enum timeline_phase)p), seconds(end - begin));
		first = false;
	}
}

void timeline_svg(const struct boot_timeline *t, double width, const char *id, const char *class,
		  struct buffer *b)
{
	html_put(b,
		 "<svg class=\"picture %s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
		 "aria-labelledby=\"%s-title\"><title id=\"%s-title\">Boot: ",
		 class, width, height_of(t), id, id);
	put_description(t, b);
	buffer_put_string(b, "</title>\n");
	put_picture(t, width, height_of(t), b);
	buffer_put_string(b, "</svg>\n");
}

static const char file_style[] =
	"text{font:12px system-ui,sans-serif;fill:#1b1f23}.muted{fill:#57606a}.end{text-anchor:end}"
	".paper{fill:#fff}.p0{fill:#d5dadf}.p1{fill:#b9dfe3}.p2{fill:#7fc1c9}.p3{fill:#2f8e9b}"
	".unseen{fill-opacity:.35}.p4{fill:#0b5f6b}.on3,.on4{fill:#fff}.unit{fill:#2f8e9b}.failed{"
	"fill:#b3261e}"
	".grid{stroke:#d9dde2}.answer{stroke:#0b5f6b;stroke-width:2}"
	"@media(prefers-color-scheme:dark){text{fill:#e6e8ea}.muted{fill:#a3acb5}.paper{fill:#"
	"14171a}"
	".p0{fill:#3a424a}.p1{fill:#1f4a51}.p2{fill:#2a6a74}.p3{fill:#55b4c1}.p4{fill:#8fd9e2}"
	".on3,.on4{fill:#14171a}.unit{fill:#55b4c1}.failed{fill:#ff8a80}.grid{stroke:#30363d}"
	".answer{stroke:#8fd9e2}}";

void timeline_svg_file(const struct boot_timeline *t, const char *image, struct buffer *b)
{
	const double margin = 24, top = 64;
	double height = height_of(t) + top + margin, width = FILE_WIDTH + 2 * margin;

	html_put(b,
		 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
		 "aria-labelledby=\"title\">\n<title id=\"title\">Boot of %s: ",
		 width, height, image);
	put_description(t, b);
	buffer_put_string(b, "</title>\n<style>");
	buffer_put_string(b, file_style);
	html_put(b,
		 "</style>\n<rect class=\"paper\" width=\"%.0f\" height=\"%.0f\"/>\n"
		 "<text x=\"%.0f\" y=\"36\">Boot of %s: ",
		 width, height, margin, image);
	put_description(t, b);
	html_put(b, "</text>\n<g transform=\"translate(%.0f %.0f)\">\n", margin, top);
	put_picture(t, FILE_WIDTH, height_of(t), b);
	buffer_put_string(b, "</g>\n</svg>\n");
}
