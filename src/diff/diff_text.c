#include <inttypes.h>

#include "diff/diff.h"

/* Places that the summary names. */
#define CAUSES_SHOWN 20u

static void put_clean(struct buffer *b, const char *s)
{
	for (; *s; s++)
		buffer_put_u8(b, (uint8_t)*s < ' ' || *s == 0x7f ? '?' : (uint8_t)*s);
}

static void indent(struct buffer *b, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		buffer_put_string(b, "  ");
}

/* Headings for the levels that the item before did not have. */
static void put_headings(struct buffer *b, const struct difference *before,
			 const struct difference *i)
{
	size_t same = 0;

	while (before && same < i->where.n && same < before->where.n &&
	       string_equal(i->where.items[same], before->where.items[same]))
		same++;
	if (same == 0)
		buffer_put_u8(b, '\n');
	for (; same < i->where.n; same++) {
		indent(b, same);
		put_clean(b, i->where.items[same]);
		buffer_put_u8(b, '\n');
	}
}

static void put_window(struct buffer *b, const struct difference *i, int side, size_t depth)
{
	indent(b, depth);
	buffer_printf(b, "%c %08" PRIx64 " ", side == DIFF_A ? 'A' : 'B', i->window_offset);
	if (i->window_size[side] == 0) {
		buffer_put_string(b, " (ends before)\n");
		return;
	}
	for (size_t k = 0; k < DIFF_WINDOW; k++) {
		if (k < i->window_size[side])
			buffer_printf(b, " %02x", i->window[side][k]);
		else
			buffer_put_string(b, "   ");
	}
	buffer_put_string(b, "  |");
	for (size_t k = 0; k < i->window_size[side]; k++) {
		uint8_t c = i->window[side][k];

		buffer_put_u8(b, c >= ' ' && c < 0x7f ? c : '.');
	}
	buffer_put_string(b, "|\n");
}

static void put_place(struct buffer *b, const struct diff_place *p)
{
	if (p->compressed)
		buffer_put_string(b, "in the compressed bytes from ");
	if (p->in_partition)
		buffer_printf(b, "byte %" PRIu64 " of the partition, ", p->partition);
	buffer_printf(b, "%" PRIu64 " of the disk", p->disk);
}

static bool same_place(const struct diff_place *a, const struct diff_place *b)
{
	return a->on_disk == b->on_disk && a->disk == b->disk &&
	       a->in_partition == b->in_partition && a->partition == b->partition;
}

static void put_bytes(struct buffer *b, const struct difference *i, size_t depth)
{
	const struct diff_place *pa = &i->places[DIFF_A], *pb = &i->places[DIFF_B];

	indent(b, depth);
	if (i->values[DIFF_A] && pa->on_disk && same_place(pa, pb)) {
		buffer_printf(b, "byte %" PRIu64 " of the disk\n", pa->disk);
		return;
	}
	buffer_printf(b, "first at byte %" PRIu64, i->offset);
	if (pa->on_disk) {
		buffer_put_string(b, ": ");
		put_place(b, pa);
	}
	if (pb->on_disk && !same_place(pa, pb)) {
		buffer_put_string(b, pa->on_disk ? "; in B: " : ": in B: ");
		put_place(b, pb);
	}
	buffer_put_u8(b, '\n');
	/* Of what is said in other words, or in detail below, the place is enough. */
	if (i->overview || i->values[DIFF_A] || i->values[DIFF_B])
		return;
	put_window(b, i, DIFF_A, depth);
	put_window(b, i, DIFF_B, depth);
}

static void put_item(struct buffer *b, const struct difference *i)
{
	const char *va = i->values[DIFF_A], *vb = i->values[DIFF_B];
	size_t depth = i->where.n;

	indent(b, depth);
	put_clean(b, i->what);
	if (i->total_blocks > 0)
		buffer_printf(b, ": %" PRIu64 " of %" PRIu64 " blocks of 4096 bytes differ",
			      i->blocks, i->total_blocks);
	if (va || vb) {
		buffer_put_string(b, va ? ": " : ": only in B: ");
		put_clean(b, va ? va : vb);
		if (va && vb && !string_equal(va, vb)) {
			buffer_put_string(b, " -> ");
			put_clean(b, vb);
		} else if (va && !vb) {
			buffer_put_string(b, " (only in A)");
		}
	}
	if (i->follows_from)
		buffer_printf(b, "  (follows from %s)", i->follows_from);
	buffer_put_u8(b, '\n');
	if (i->has_bytes)
		put_bytes(b, i, depth + 1);
}

bool diff_is_same_place(const struct difference *a, const struct difference *b)
{
	if (a->where.n != b->where.n)
		return false;
	for (size_t i = 0; i < a->where.n; i++) {
		if (!string_equal(a->where.items[i], b->where.items[i]))
			return false;
	}
	return true;
}

/* Each place with a difference of its own, once. */
static void put_causes(struct buffer *b, const struct diff *d)
{
	const struct difference *before = NULL;
	unsigned shown = 0;

	buffer_put_string(b, "\nwhat differs by itself\n");
	for (size_t i = 0; i < d->n; i++) {
		const struct difference *item = &d->items[i];

		if (!diff_is_cause(item) || (before && diff_is_same_place(before, item)))
			continue;
		before = item;
		if (++shown > CAUSES_SHOWN)
			continue;
		buffer_put_string(b, "  ");
		for (size_t k = 0; k < item->where.n; k++) {
			put_clean(b, item->where.items[k]);
			buffer_put_string(b, k + 1 < item->where.n ? " > " : "");
		}
		if (item->where.n == 0)
			put_clean(b, item->what);
		buffer_put_u8(b, '\n');
	}
	if (shown > CAUSES_SHOWN)
		buffer_printf(b, "  and %u more\n", shown - CAUSES_SHOWN);
}

static void put_side(struct buffer *b, char letter, const struct diff_side *s)
{
	buffer_printf(b, "%c  %s: %s, %" PRIu64 " bytes", letter, s->name,
		      image_file_format_name(s->format), s->file_size);
	if (s->disk_size != s->file_size)
		buffer_printf(b, ", disk of %" PRIu64 " bytes", s->disk_size);
	buffer_put_u8(b, '\n');
}

void diff_text(const struct diff *d, struct buffer *b)
{
	put_side(b, 'A', &d->sides[DIFF_A]);
	put_side(b, 'B', &d->sides[DIFF_B]);
	if (d->same_disk) {
		const char *what = d->sides[DIFF_A].format == IMAGE_FILE_UKI ? "image" : "disk";

		if (d->same_file)
			buffer_put_string(b, "same bytes\n");
		else if (d->sides[DIFF_A].format != d->sides[DIFF_B].format)
			buffer_printf(b, "same %s, other container\n", what);
		else
			buffer_printf(b, "same %s; its container differs\n", what);
		return;
	}
	put_causes(b, d);
	for (size_t i = 0; i < d->n; i++) {
		put_headings(b, i > 0 ? &d->items[i - 1] : NULL, &d->items[i]);
		put_item(b, &d->items[i]);
	}
	if (d->truncated)
		buffer_printf(b, "\nonly the first %u differences are listed\n", DIFF_ITEMS_MAX);
}
