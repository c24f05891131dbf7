#include "diff/diff.h"
#include "inspect/json_parts.h"

static json_t *side_json(const struct diff_side *s)
{
	return json_pack("{s:o, s:s, s:I, s:I}", "name", inspect_json_text(s->name), "format",
			 image_file_format_name(s->format), "size", (json_int_t)s->file_size,
			 "disk_size", (json_int_t)s->disk_size);
}

static json_t *place_json(const struct difference *i, int side)
{
	const struct diff_place *p = &i->places[side];
	char hex[2 * DIFF_WINDOW + 1];

	hex_encode(SPAN(i->window[side], i->window_size[side]), hex);
	return json_pack("{s:o, s:o, s:b, s:s}", "disk",
			 p->on_disk ? json_integer((json_int_t)p->disk) : json_null(), "partition",
			 p->in_partition ? json_integer((json_int_t)p->partition) : json_null(),
			 "compressed", p->compressed, "bytes", hex);
}

static json_t *bytes_json(const struct difference *i)
{
	return json_pack("{s:I, s:I, s:o, s:o}", "offset", (json_int_t)i->offset, "window",
			 (json_int_t)i->window_offset, "a", place_json(i, DIFF_A), "b",
			 place_json(i, DIFF_B));
}

static json_t *item_json(const struct difference *i)
{
	json_t *where = json_array();
	bool ok = where;

	for (size_t k = 0; ok && k < i->where.n; k++)
		ok = json_array_append_new(where, inspect_json_text(i->where.items[k])) == 0;

	json_t *j = json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "where", json_complete(where, ok),
			      "what", inspect_json_text(i->what), "a",
			      inspect_json_text(i->values[DIFF_A]), "b",
			      inspect_json_text(i->values[DIFF_B]), "follows_from",
			      inspect_json_text(i->follows_from), "cause", diff_is_cause(i));

	ok = j;
	if (i->total_blocks > 0)
		ok = ok &&
		     json_object_set_new(j, "blocks",
					 json_pack("{s:I, s:I}", "differ", (json_int_t)i->blocks,
						   "total", (json_int_t)i->total_blocks)) == 0;
	if (i->has_bytes)
		ok = ok && json_object_set_new(j, "first", bytes_json(i)) == 0;
	return json_complete(j, ok);
}

int diff_json(const struct diff *d, struct buffer *b, struct error **err)
{
	json_t *items = json_array();
	bool ok = items;

	for (size_t i = 0; ok && i < d->n; i++)
		ok = json_array_append_new(items, item_json(&d->items[i])) == 0;

	json_t *root = json_pack("{s:i, s:o, s:o, s:b, s:b, s:b, s:o}", "version", 1, "a",
				 side_json(&d->sides[DIFF_A]), "b", side_json(&d->sides[DIFF_B]),
				 "same_file", d->same_file, "same_disk", d->same_disk, "truncated",
				 d->truncated, "differences", json_complete(items, ok));

	return json_text(root, b, err);
}
