/* Programs for firmware, section by section. */
#include "diff/diff_parts.h"

static const struct {
	const char *name;
	bool words;
} texts[] = {
	{".cmdline", true}, {".osrel", false},	 {".uname", true},
	{".sbat", false},   {".profile", false},
};

struct diff_place diff_program_place(const struct program_pair *pair, int side, uint64_t offset)
{
	const struct inspect_partition *p = pair->partition[side];
	struct diff_place place = {0};

	if (!p || !pair->file[side] ||
	    !fat_locate(&p->fat, &pair->file[side]->fat, offset, &place.partition))
		return place;
	place.in_partition = place.on_disk = true;
	place.disk = p->offset + place.partition;
	return place;
}

static const struct pe_section *find_nth(const struct pe *pe, const char *name, unsigned n)
{
	for (size_t i = 0; i < pe->number_of_sections; i++) {
		if (string_equal(pe->sections[i].name, name) && n-- == 0)
			return &pe->sections[i];
	}
	return NULL;
}

/* How many sections of this name lie before section `index`. */
static unsigned ordinal(const struct pe *pe, size_t index)
{
	unsigned n = 0;

	for (size_t i = 0; i < index; i++)
		n += string_equal(pe->sections[i].name, pe->sections[index].name);
	return n;
}

static bool root_hash_follows(const struct program_pair *pair)
{
	return pair->p[DIFF_A]->verity_number && pair->p[DIFF_B]->verity_number;
}

static int add_bytes(struct diff *d, const struct program_pair *pair, const char *what,
		     struct span a, struct span b, uint64_t start_a, uint64_t start_b,
		     const char *follows_from, struct error **err)
{
	struct byte_comparison c;
	int r = diff_compare(a, b, &c, err);

	if (r < 0 || c.equal)
		return r;

	struct diff_place place_a = diff_program_place(pair, DIFF_A, start_a + c.first);
	struct diff_place place_b = diff_program_place(pair, DIFF_B, start_b + c.first);

	if (string_equal(what, "content"))
		diff_add_content(d, a, b, &c, &place_a, &place_b, follows_from);
	else
		diff_add_bytes(d, what, a, b, c.first, &place_a, &place_b, follows_from);
	return 0;
}

static struct span padding(const struct pe *pe, const struct pe_section *s)
{
	struct span loaded = pe_section_data(pe, s), raw;

	if (!span_slice(pe->file, s->pointer_to_raw_data, s->size_of_raw_data, &raw))
		return (struct span){0};
	return span_skip(raw, loaded.n);
}

static int diff_section(struct diff *d, const struct program_pair *pair, const struct pe_section *a,
			const struct pe_section *b, struct error **err)
{
	const struct pe *pa = &pair->p[DIFF_A]->pe, *pb = &pair->p[DIFF_B]->pe;
	struct span data_a = pe_section_data(pa, a), data_b = pe_section_data(pb, b);
	int r;

	diff_enter(d, "%s", a->name);
	diff_add_numbers(d, "size in memory", a->virtual_size, b->virtual_size,
			 data_a.n != data_b.n ? "its content" : NULL);
	r = add_bytes(d, pair, "content", data_a, data_b, a->pointer_to_raw_data,
		      b->pointer_to_raw_data, NULL, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(texts); i++) {
		if (string_equal(a->name, texts[i].name) && !span_equal(data_a, data_b))
			diff_words(d, data_a, data_b, texts[i].words, root_hash_follows(pair));
	}
	if (r >= 0 && data_a.n == data_b.n)
		r = add_bytes(d, pair, "bytes after the section", padding(pa, a), padding(pb, b),
			      a->pointer_to_raw_data + data_a.n, b->pointer_to_raw_data + data_b.n,
			      NULL, err);
	diff_leave(d);
	return r;
}

static int diff_sections(struct diff *d, const struct program_pair *pair, struct error **err)
{
	const struct pe *pa = &pair->p[DIFF_A]->pe, *pb = &pair->p[DIFF_B]->pe;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < pa->number_of_sections; i++) {
		const struct pe_section *a = &pa->sections[i];
		const struct pe_section *b = find_nth(pb, a->name, ordinal(pa, i));

		if (b) {
			r = diff_section(d, pair, a, b, err);
			continue;
		}
		diff_enter(d, "%s", a->name);
		diff_add(d, "section", "there", NULL, NULL);
		diff_leave(d);
	}
	for (size_t i = 0; r >= 0 && i < pb->number_of_sections; i++) {
		if (find_nth(pa, pb->sections[i].name, ordinal(pb, i)))
			continue;
		diff_enter(d, "%s", pb->sections[i].name);
		diff_add(d, "section", NULL, "there", NULL);
		diff_leave(d);
	}
	return r;
}

/* True if the section tables are the same: then no size explains other headers. */
static bool same_sections(const struct pe *a, const struct pe *b)
{
	return a->number_of_sections == b->number_of_sections &&
	       memcmp(a->sections, b->sections, a->number_of_sections * sizeof(a->sections[0])) ==
		       0;
}

static int diff_headers(struct diff *d, const struct program_pair *pair, struct error **err)
{
	const struct pe *pa = &pair->p[DIFF_A]->pe, *pb = &pair->p[DIFF_B]->pe;
	uint64_t sum = pa->optional_header + PE_CHECK_SUM;
	struct span a = SPAN(pa->file.p, pa->size_of_headers);
	struct span b = SPAN(pb->file.p, pb->size_of_headers);
	struct span sum_a, sum_b;
	int r = 0;

	diff_enter(d, "headers");
	if (!same_sections(pa, pb)) {
		r = add_bytes(d, pair, "bytes", a, b, 0, 0, "the sizes of the sections", err);
	} else if (pa->optional_header == pb->optional_header && a.n == b.n &&
		   span_slice(a, sum, 4, &sum_a) && span_slice(b, sum, 4, &sum_b)) {
		uint64_t end = sum + 4;

		r = add_bytes(d, pair, "bytes", SPAN(a.p, sum), SPAN(b.p, sum), 0, 0, NULL, err);
		if (r >= 0)
			r = add_bytes(d, pair, "checksum", sum_a, sum_b, sum, sum,
				      "the content of the image", err);
		if (r >= 0)
			r = add_bytes(d, pair, "bytes after the checksum", span_skip(a, end),
				      span_skip(b, end), end, end, NULL, err);
	} else {
		r = add_bytes(d, pair, "bytes", a, b, 0, 0, NULL, err);
	}
	diff_leave(d);
	return r;
}

/* What lies after the last section: signatures. */
static struct span tail(const struct pe *pe)
{
	uint64_t end = pe->size_of_headers;

	for (size_t i = 0; i < pe->number_of_sections; i++)
		end = MAX(end, (uint64_t)pe->sections[i].pointer_to_raw_data +
				       pe->sections[i].size_of_raw_data);
	return span_skip(pe->file, (size_t)MIN(end, (uint64_t)pe->file.n));
}

int diff_program(struct diff *d, const struct program_pair *pair, struct error **err)
{
	const struct pe *pa = &pair->p[DIFF_A]->pe, *pb = &pair->p[DIFF_B]->pe;
	struct span tail_a = tail(pa), tail_b = tail(pb);
	size_t before = d->n;
	int r = diff_headers(d, pair, err);

	if (r >= 0)
		r = diff_sections(d, pair, err);
	diff_enter(d, "after the sections");
	if (r >= 0)
		r = add_bytes(d, pair, "bytes (signatures)", tail_a, tail_b, pa->file.n - tail_a.n,
			      pb->file.n - tail_b.n, NULL, err);
	diff_leave(d);
	/* Between headers and sections, say. */
	if (r >= 0 && d->n == before)
		r = add_bytes(d, pair, "bytes outside headers and sections", pa->file, pb->file, 0,
			      0, NULL, err);
	return r;
}
