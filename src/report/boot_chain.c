/*
 * How the image boots: who starts whom, what measures it, and where it lies.
 */
#include <inttypes.h>

#include "report/report_parts.h"
#include "report/svg.h"

#define STEPS_MAX 8u
#define STEP_TEXT 96u
#define STEP_HEIGHT 92.0
#define ARROW 16.0
/* Steps in a row on screens of middle width: what a step says has room. */
#define MIDDLE_COLUMNS 4u

struct step {
	char title[STEP_TEXT];
	char lines[2][STEP_TEXT];
	char measured[STEP_TEXT];
};

struct chain {
	struct step items[STEPS_MAX];
	size_t n;
};

static struct step *add(struct chain *c, const char *title, const char *measured)
{
	struct step *s = &c->items[c->n];

	if (c->n + 1 < STEPS_MAX)
		c->n++;
	snprintf(s->title, sizeof s->title, "%s", title);
	snprintf(s->measured, sizeof s->measured, "%s", measured);
	return s;
}

static void put_number(char text[STEP_TEXT], uint64_t bytes)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(64);

	html_size(&b, bytes);
	snprintf(text, STEP_TEXT, "%s", buffer_text(&b));
}

/* The unified kernel image that boots: the first with a kernel. */
static const struct inspect_program *boot_image(const struct inspection *in)
{
	for (size_t i = 0; i < in->n_programs; i++) {
		if (in->programs[i].is_uki)
			return &in->programs[i];
	}
	return NULL;
}

static void add_image(struct chain *c, const struct inspect_program *p)
{
	struct span initrd;
	struct step *s = add(c, "Unified kernel image", "PCR 4, by firmware");

	snprintf(s->lines[0], STEP_TEXT, "%s", p->kind);
	put_number(s->lines[1], p->file.n);
	s = add(c, "Linux", "PCR 11, by the stub");
	snprintf(s->lines[0], STEP_TEXT, "%s", p->kernel_version ? p->kernel_version : "");
	s->lines[0][strcspn(s->lines[0], " ")] = 0;
	snprintf(s->lines[1], STEP_TEXT, "command line inside");
	if (!inspect_section(p, ".initrd", &initrd))
		return;
	s = add(c, "Initrd", "PCR 9, by the kernel");
	put_number(s->lines[0], initrd.n);
	snprintf(s->lines[1], STEP_TEXT, "opens the root");
}

static void add_root(struct chain *c, const struct inspection *in)
{
	const struct inspect_partition *root = inspection_root(in);
	struct step *s;

	if (!root)
		return;
	s = add(c, "Root file system", root->verity_number ? "by its root hash" : "not protected");
	snprintf(s->lines[0], STEP_TEXT, "%s%s", content_kind_name(root->kind, &root->fat),
		 root->verity_number ? ", dm-verity" : "");
	put_number(s->lines[1], root->size);
}

static void make_chain(const struct report *r, struct chain *c)
{
	const struct measurement *m = r->registers.measurement;
	const struct inspect_program *image = boot_image(r->in);
	struct step *s = add(c, "Firmware", "PCR 0, 1; MRTD");

	snprintf(s->lines[0], STEP_TEXT, "of the machine,");
	snprintf(s->lines[1], STEP_TEXT, "not of the image");
	if (m && m->loader) {
		s = add(c, "systemd-boot", "PCR 4, by firmware");
		snprintf(s->lines[0], STEP_TEXT, "chooses what starts");
	}
	if (image)
		add_image(c, image);
	add_root(c, r->in);
	if (m && m->configuration) {
		s = add(c, "Configuration", "PCR 8, by the guest");
		snprintf(s->lines[0], STEP_TEXT, "of the node, from");
		snprintf(s->lines[1], STEP_TEXT, "outside of the image");
	}
}

static void put_step(struct buffer *b, const struct step *s, const struct rectangle *r)
{
	html_put(b,
		 "<g><rect class=\"box\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
		 "rx=\"6\"/>",
		 r->x, r->y, r->width, r->height);
	svg_label(b, s->title, r, 22, "strong");
	svg_label(b, s->lines[0], r, 41, "");
	svg_label(b, s->lines[1], r, 57, "");
	svg_label(b, s->measured, r, 79, "accent");
	buffer_put_string(b, "</g>\n");
}

/* In rows of `columns`, of which each second one goes back. */
static struct rectangle step_place(size_t i, size_t columns, double width)
{
	size_t row = i / columns, column = row % 2 ? columns - 1 - i % columns : i % columns;

	return (struct rectangle){1 + (double)column * (width + ARROW),
				  1 + (double)row * (STEP_HEIGHT + ARROW), width, STEP_HEIGHT};
}

/* From a step to the next one: to the right, to the left, or down. */
static void put_arrow(struct buffer *b, const struct rectangle *from, const struct rectangle *to)
{
	double middle = from->y + from->height / 2 - 5;

	if (to->y > from->y)
		html_put(b, "<path class=\"arrow\" d=\"M%.1f %.1fl10 0l-5 9z\"/>\n",
			 from->x + from->width / 2 - 5, from->y + from->height + 3.5);
	else if (to->x > from->x)
		html_put(b, "<path class=\"arrow\" d=\"M%.1f %.1fl9 5l-9 5z\"/>\n",
			 from->x + from->width + 3.5, middle);
	else
		html_put(b, "<path class=\"arrow\" d=\"M%.1f %.1fl-9 5l9 5z\"/>\n", from->x - 3.5,
			 middle);
}

static void put_chain(const struct chain *c, double picture, size_t columns, const char *class,
		      struct buffer *b)
{
	size_t rows = (c->n + columns - 1) / columns;
	double width = (picture - 2 - ARROW * (double)(columns - 1)) / (double)columns;

	html_put(b,
		 "<svg class=\"picture chain %s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
		 "aria-labelledby=\"chain-%s\">"
		 "<title id=\"chain-%s\">Boot chain: ",
		 class, picture, (double)rows * (STEP_HEIGHT + ARROW) - ARROW + 2, class, class);
	for (size_t i = 0; i < c->n; i++)
		html_put(b, "%s%s (%s)", i ? ", then " : "", c->items[i].title,
			 c->items[i].measured);
	buffer_put_string(b, "</title>\n");
	for (size_t i = 0; i < c->n; i++) {
		struct rectangle r = step_place(i, columns, width);

		put_step(b, &c->items[i], &r);
		if (i + 1 < c->n) {
			struct rectangle next = step_place(i + 1, columns, width);

			put_arrow(b, &r, &next);
		}
	}
	buffer_put_string(b, "</svg>\n");
}

/* Of the disk, in proportion, but wide enough to be seen. */
static void put_strip(const struct place_map *m, double width, const char *class, const char *id,
		      struct buffer *b)
{
	const double least = 14, height = 54;
	double whole = 0, small = 0, x = 1;

	for (size_t i = 0; i < m->n; i++)
		whole += m->items[i].depth == 0 ? (double)m->items[i].size : 0;
	/* What those that are too small take from the others. */
	for (size_t i = 0; i < m->n; i++) {
		double share = (double)m->items[i].size / MAX(whole, 1.0) * width;

		small += m->items[i].depth == 0 && share < least ? least - share : 0;
	}
	html_put(b,
		 "<svg class=\"picture strip %s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
		 "aria-labelledby=\"%s\">"
		 "<title id=\"%s\">Partitions of the disk, to scale</title>\n",
		 class, width, height + 2, id, id);
	for (size_t i = 0; i < m->n; i++) {
		const struct place *p = &m->items[i];
		double share = (double)p->size / MAX(whole, 1.0) * width;
		struct rectangle r = {x, 1, MAX(share * (width - small - 2) / width, least),
				      height};
		char size[STEP_TEXT];

		if (p->depth)
			continue;
		put_number(size, p->size);
		html_put(b,
			 "<g><title>%s: %s from byte %lu</title><rect class=\"box %s\" x=\"%.1f\" "
			 "y=\"1\" "
			 "width=\"%.1f\" height=\"%.0f\"/>",
			 p->name, size, p->offset, p->partition ? "used" : "", r.x, r.width,
			 height);
		svg_label(b, p->name, &r, 22, "strong");
		svg_label(b, size, &r, 40, "");
		buffer_put_string(b, "</g>\n");
		x += r.width;
	}
	buffer_put_string(b, "</svg>\n");
}

static void put_place(const struct report *r, const struct place *p, size_t i, struct buffer *b)
{
	const struct inspect_partition *partition = inspection_partition(r->in, p->partition);

	html_put(b, "<tr id=\"at-%zu\" class=\"depth%u\"><th scope=\"row\">%s</th><td>", i,
		 p->depth, p->name);
	if (partition && string_equal(p->kind, "partition"))
		html_put(b, "partition %u: %s", p->partition,
			 content_kind_name(partition->kind, &partition->fat));
	else
		html_put(b, "%s", p->kind);
	html_put(b, "</td><td class=\"n\">%lu</td><td class=\"n\">%lu</td></tr>\n", p->offset,
		 p->size);
}

static void put_places(const struct report *r, const struct place_map *m, struct buffer *b)
{
	html_put(b,
		 "<h3 id=\"places\">Map of the %s</h3>\n<div class=\"scroll\" tabindex=\"0\" "
		 "role=\"region\" "
		 "aria-labelledby=\"places\"><table><thead><tr><th scope=\"col\">name</th><th "
		 "scope=\"col\">"
		 "what</th><th scope=\"col\" class=\"n\">first byte</th><th scope=\"col\" "
		 "class=\"n\">bytes</th>"
		 "</tr></thead><tbody>\n",
		 r->in->is_disk ? "disk" : "image");
	for (size_t i = 0; i < m->n; i++)
		put_place(r, &m->items[i], i, b);
	buffer_put_string(b, "</tbody></table></div>\n");
}

void report_boot(const struct report *r, const struct place_map *map, struct buffer *b)
{
	const struct inspect_program *image = boot_image(r->in);
	struct chain c = {0};

	make_chain(r, &c);
	buffer_put_string(b,
			  "<section id=\"boot\"><h2>How it boots</h2>\n<p>Who starts whom, and in "
			  "which register that leaves its trace.</p>\n");
	put_chain(&c, PICTURE_WIDE, MAX(c.n, (size_t)1), "wide", b);
	put_chain(&c, PICTURE_MIDDLE, MIDDLE_COLUMNS, "middle", b);
	put_chain(&c, PICTURE_NARROW, 1, "narrow", b);
	if (image && image->command_line)
		html_put(b, "<h3>Command line of the kernel</h3>\n<p><code>%s</code></p>\n",
			 image->command_line);
	if (r->in->is_disk && map->n) {
		buffer_put_string(b, "<h3>Partitions</h3>\n");
		put_strip(map, PICTURE_WIDE, "wide", "strip-wide", b);
		put_strip(map, PICTURE_MIDDLE, "middle", "strip-middle", b);
		put_strip(map, PICTURE_NARROW, "narrow", "strip-narrow", b);
	}
	put_places(r, map, b);
	buffer_put_string(b, "</section>\n");
}
