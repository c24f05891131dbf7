#include "diff/diff.h"

#include <errno.h>

#include "diff/diff_parts.h"

/* They follow from all else. */
#define REGISTERS_PLACE "registers"

static int diff_partition_content(struct diff *d, const struct partition_pair *pair,
				  struct error **err)
{
	const struct inspect_partition *a = pair->p[DIFF_A], *b = pair->p[DIFF_B];
	struct diff_place place_a = diff_partition_place(pair, DIFF_A, pair->content.first);
	struct diff_place place_b = diff_partition_place(pair, DIFF_B, pair->content.first);

	diff_add_numbers(d, "size", a->size, b->size,
			 a->kind == b->kind && a->kind != CONTENT_UNKNOWN ? "its content" : NULL);
	diff_add_content(d, a->content, b->content, &pair->content, &place_a, &place_b,
			 a->kind == CONTENT_VERITY && pair->data_differ ? "the root file system"
									: NULL);
	if (a->kind != b->kind) {
		diff_add(d, "kind of content", content_kind_name(a->kind, &a->fat),
			 content_kind_name(b->kind, &b->fat), NULL);
		return 0;
	}
	if (a->problem || b->problem)
		diff_add(d, "not read", a->problem, b->problem, NULL);
	switch (a->kind) {
	case CONTENT_FAT:
		return a->problem || b->problem ? 0 : diff_fat(d, pair, err);
	case CONTENT_EROFS:
		return a->erofs.blocks && b->erofs.blocks ? diff_root(d, pair, err) : 0;
	case CONTENT_VERITY:
		diff_verity(d, pair);
		return 0;
	default:
		return 0;
	}
}

static bool same_partitions(const struct inspection *a, const struct inspection *b)
{
	for (size_t i = 0; i < a->n_partitions && i < b->n_partitions; i++) {
		if (a->partitions[i].offset != b->partitions[i].offset ||
		    a->partitions[i].size != b->partitions[i].size)
			return false;
	}
	return a->n_partitions == b->n_partitions;
}

/* Pairs of the partitions of A; .p[DIFF_B] is NULL where B has none of that number. */
struct pairs {
	struct partition_pair *items;
	size_t n;
};

static void pairs_release(struct pairs *l)
{
	free(l->items);
}

static int make_pairs(const struct inspection *a, const struct inspection *b, struct pairs *l,
		      struct error **err)
{
	int r = 0;

	l->items = calloc(a->n_partitions + 1, sizeof(*l->items));
	if (!l->items)
		return error_oom(err);
	for (size_t i = 0; r >= 0 && i < a->n_partitions; i++) {
		struct partition_pair *pair = &l->items[l->n++];

		*pair = (struct partition_pair){
			.in = {a, b},
			.p = {&a->partitions[i], inspection_partition(b, a->partitions[i].number)},
		};
		if (pair->p[DIFF_B])
			r = diff_compare(pair->p[DIFF_A]->content, pair->p[DIFF_B]->content,
					 &pair->content, err);
	}
	/* A hash tree follows from its data. */
	for (size_t i = 0; r >= 0 && i < l->n; i++) {
		for (size_t k = 0; k < l->n; k++) {
			if (l->items[k].p[DIFF_B] && !l->items[k].content.equal &&
			    l->items[i].p[DIFF_A]->data_number == l->items[k].p[DIFF_A]->number)
				l->items[i].data_differ = true;
		}
	}
	return r;
}

static int diff_partitions(struct diff *d, const struct inspection *a, const struct inspection *b,
			   struct error **err)
{
	_cleanup_(pairs_release) struct pairs l = {0};
	int r = make_pairs(a, b, &l, err);

	for (size_t i = 0; r >= 0 && i < l.n; i++) {
		const struct partition_pair *pair = &l.items[i];
		const struct inspect_partition *p = pair->p[DIFF_A];

		diff_enter(d, "partition %u '%s'", p->number, p->entry.partition_name);
		if (!pair->p[DIFF_B])
			diff_add(d, "partition", content_kind_name(p->kind, &p->fat), NULL, NULL);
		else if (!pair->content.equal)
			r = diff_partition_content(d, pair, err);
		diff_leave(d);
	}
	for (size_t i = 0; r >= 0 && i < b->n_partitions; i++) {
		const struct inspect_partition *p = &b->partitions[i];

		if (inspection_partition(a, p->number))
			continue;
		diff_enter(d, "partition %u '%s'", p->number, p->entry.partition_name);
		diff_add(d, "partition", NULL, content_kind_name(p->kind, &p->fat), NULL);
		diff_leave(d);
	}
	return r;
}

/* The first byte of [start, end) of both disks that differs. */
static int diff_gap(struct diff *d, struct span a, struct span b, uint64_t start, uint64_t end,
		    struct error **err)
{
	struct span sa, sb;
	struct byte_comparison c;
	int r;

	end = MIN(end, (uint64_t)MIN(a.n, b.n));
	if (start >= end || !span_slice(a, start, end - start, &sa) ||
	    !span_slice(b, start, end - start, &sb))
		return 0;
	r = diff_compare(sa, sb, &c, err);
	if (r < 0 || c.equal)
		return r;

	struct diff_place place = {.on_disk = true, .disk = start + c.first};

	diff_enter(d, "outside the partitions");
	diff_add_content(d, sa, sb, &c, &place, &place, NULL);
	diff_leave(d);
	return 0;
}

/* The first partition that begins at or after `at`. */
static const struct inspect_partition *next_partition(const struct inspection *in, uint64_t at)
{
	const struct inspect_partition *found = NULL;

	for (size_t i = 0; i < in->n_partitions; i++) {
		const struct inspect_partition *p = &in->partitions[i];

		if (p->offset >= at && (!found || p->offset < found->offset))
			found = p;
	}
	return found;
}

/* What no table and no partition has: of disks of another layout it cannot be compared. */
static int diff_gaps(struct diff *d, const struct inspection *a, const struct inspection *b,
		     struct error **err)
{
	uint64_t at = diff_primary_end(a), end = diff_backup_start(a);
	int r = 0;

	if (!same_partitions(a, b) || a->file.content.n != b->file.content.n)
		return 0;
	while (r >= 0 && at < end) {
		const struct inspect_partition *p = next_partition(a, at);
		uint64_t stop = p ? MIN(p->offset, end) : end;

		r = diff_gap(d, a->file.content, b->file.content, at, stop, err);
		at = p ? p->offset + p->size : end;
	}
	return r;
}

static int diff_disks(struct diff *d, const struct inspection *a, const struct inspection *b,
		      struct error **err)
{
	int r;

	diff_add_numbers(d, "size of the disk", a->file.content.n, b->file.content.n,
			 a->has_gpt && b->has_gpt && !same_partitions(a, b) ? "the partitions"
									    : NULL);
	if (a->primary_problem || b->primary_problem)
		diff_add(d, "damaged", a->primary_problem, b->primary_problem,
			 "what is listed here");
	if (a->backup_problem || b->backup_problem)
		diff_add(d, "damaged", a->backup_problem, b->backup_problem, "what is listed here");
	r = diff_tables(d, a, b, err);
	if (r >= 0 && !(a->has_gpt && b->has_gpt))
		return diff_gap(d, a->file.content, b->file.content, diff_primary_end(a),
				UINT64_MAX, err);
	if (r >= 0)
		r = diff_partitions(d, a, b, err);
	return r < 0 ? r : diff_gaps(d, a, b, err);
}

/* The program that firmware starts, or the image that is the file. */
static const struct inspect_program *main_program(const struct inspection *in)
{
	for (size_t i = 0; i < in->n_programs; i++) {
		if (in->programs[i].is_uki)
			return &in->programs[i];
	}
	return in->n_programs > 0 ? &in->programs[0] : NULL;
}

static const struct inspect_file *find_file(const struct inspect_partition *p, const char *path)
{
	for (size_t i = 0; p && path && i < p->n_files; i++) {
		if (string_equal(p->files[i].path, path))
			return &p->files[i];
	}
	return NULL;
}

/* Images alone, or one alone and one on a disk. */
static int diff_images(struct diff *d, const struct inspection *a, const struct inspection *b,
		       struct error **err)
{
	struct program_pair pair = {
		.in = {a, b},
		.p = {main_program(a), main_program(b)},
	};
	struct byte_comparison c;
	int r;

	if (a->is_disk != b->is_disk)
		diff_add(d, "kind of file", a->is_disk ? "disk" : "image alone",
			 b->is_disk ? "disk" : "image alone", NULL);
	if (!pair.p[DIFF_A] || !pair.p[DIFF_B])
		return 0;
	for (size_t i = 0; i < DIFF_SIDES; i++) {
		pair.partition[i] = inspection_partition(pair.in[i], pair.p[i]->partition);
		pair.file[i] = find_file(pair.partition[i], pair.p[i]->path);
	}
	r = diff_compare(pair.p[DIFF_A]->file, pair.p[DIFF_B]->file, &c, err);
	if (r < 0 || c.equal)
		return r;

	struct diff_place place_a = diff_program_place(&pair, DIFF_A, c.first);
	struct diff_place place_b = diff_program_place(&pair, DIFF_B, c.first);

	diff_enter(d, "image");
	diff_add_numbers(d, "size", pair.p[DIFF_A]->file.n, pair.p[DIFF_B]->file.n, "the sections");
	diff_add_content(d, pair.p[DIFF_A]->file, pair.p[DIFF_B]->file, &c, &place_a, &place_b,
			 NULL);
	r = diff_program(d, &pair, err);
	diff_leave(d);
	return r;
}

/* SHA-256 of a TPM, SHA-384 of a TDX module: what a verifier looks at. */
static const struct digest *register_value(const struct measurement *m, unsigned reg)
{
	if (reg >= REGISTER_MRTD)
		return m->tdx.known[reg - REGISTER_MRTD] ? &m->tdx.registers[reg - REGISTER_MRTD]
							 : NULL;
	return m->banks[EVENT_SHA256].known[reg] ? &m->banks[EVENT_SHA256].registers[reg] : NULL;
}

static void diff_register(struct diff *d, const struct measurement *a, const struct measurement *b,
			  unsigned reg)
{
	const struct digest *x = register_value(a, reg), *y = register_value(b, reg);
	char hex_a[DIGEST_HEX_MAX], hex_b[DIGEST_HEX_MAX], name[REGISTER_NAME_SIZE];

	if ((!x && !y) || (x && y && digest_equal(x, y)))
		return;
	if (x)
		digest_hex(x, hex_a);
	if (y)
		digest_hex(y, hex_b);
	register_name(reg, name);
	diff_add(d, name, x ? hex_a : NULL, y ? hex_b : NULL, NULL);
}

static int diff_registers(struct diff *d, const char *path_a, const char *path_b,
			  struct error **err)
{
	static const struct measure_options options = {
		.banks = 1u << EVENT_SHA256 | 1u << EVENT_SHA384,
		.registers_only = true,
	};
	_cleanup_(measurement_release) struct measurement a = {0}, b = {0};
	_cleanup_error_ struct error *why_a = NULL, *why_b = NULL;
	struct measure_options telling = options;

	telling.inputs.progress = d->progress;

	int ra = measure_file(path_a, &telling, &a, &why_a);
	int rb = measure_file(path_b, &telling, &b, &why_b);

	if (ra == -ENOMEM || rb == -ENOMEM)
		return error_oom(err);
	diff_enter(d, "%s", REGISTERS_PLACE);
	if (ra < 0 || rb < 0)
		diff_add(d, "not predicted", ra < 0 ? error_message(why_a) : NULL,
			 rb < 0 ? error_message(why_b) : NULL, NULL);
	for (unsigned reg = 0; ra >= 0 && rb >= 0 && reg < REGISTERS; reg++)
		diff_register(d, &a, &b, reg);
	diff_leave(d);
	return 0;
}

static bool is_within(const struct difference *i, const struct string_list *where)
{
	if (i->where.n < where->n)
		return false;
	for (size_t k = 0; k < where->n; k++) {
		if (!string_equal(i->where.items[k], where->items[k]))
			return false;
	}
	return true;
}

/* Details come right after the content that they explain. */
static void find_overviews(struct diff *d)
{
	for (size_t i = 0; i + 1 < d->n; i++) {
		struct difference *item = &d->items[i];

		item->overview =
			item->total_blocks > 0 && is_within(&d->items[i + 1], &item->where);
	}
}

bool diff_is_cause(const struct difference *i)
{
	return !i->follows_from && !i->overview &&
	       (i->where.n == 0 || !string_equal(i->where.items[0], REGISTERS_PLACE));
}

static int describe_side(const struct inspection *in, struct diff_side *ret, struct error **err)
{
	*ret = (struct diff_side){
		.name = strdup(in->name),
		.format = in->file.format,
		.file_size = in->file.file.n,
		.disk_size = in->file.content.n,
	};
	return ret->name ? 0 : error_oom(err);
}

static bool is_content(const struct image_file *f)
{
	return f->file.p == f->content.p && f->file.n == f->content.n;
}

static int compare(const char *path_a, const char *path_b, struct diff *d, struct error **err)
{
	_cleanup_(inspection_release) struct inspection a = {0}, b = {0};
	struct byte_comparison c, whole = {.equal = true};
	int r = inspection_open(path_a, d->progress, &a, err);

	if (r >= 0)
		r = inspection_open(path_b, d->progress, &b, err);
	if (r >= 0)
		r = describe_side(&a, &d->sides[DIFF_A], err);
	if (r >= 0)
		r = describe_side(&b, &d->sides[DIFF_B], err);
	if (r >= 0)
		r = diff_compare(a.file.content, b.file.content, &c, err);
	if (r < 0)
		return r;
	d->same_disk = c.equal;
	if (c.equal) {
		/* Where the file is the disk it was compared already. */
		if (!is_content(&a.file) || !is_content(&b.file))
			r = diff_compare(a.file.file, b.file.file, &whole, err);
		d->same_file = whole.equal;
		return r;
	}
	if (a.is_disk && b.is_disk)
		r = diff_disks(d, &a, &b, err);
	else
		r = diff_images(d, &a, &b, err);
	if (r >= 0)
		r = diff_registers(d, path_a, path_b, err);
	find_overviews(d);
	return r >= 0 && d->failed ? error_oom(err) : r;
}

int diff_files(const char *a, const char *b, struct progress *progress, struct diff *ret,
	       struct error **err)
{
	_cleanup_(diff_release) struct diff d = {.progress = progress};
	int r = compare(a, b, &d, err);

	if (r < 0)
		return r;
	*ret = d;
	d = (struct diff){0};
	return 0;
}
