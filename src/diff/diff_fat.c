/* FAT volumes, file by file. */
#include "diff/diff_parts.h"

#include <inttypes.h>

static const struct inspect_program *
find_program(const struct inspection *in, const struct inspect_partition *p, const char *path)
{
	for (size_t i = 0; i < in->n_programs; i++) {
		if (in->programs[i].partition == p->number &&
		    string_equal(in->programs[i].path, path))
			return &in->programs[i];
	}
	return NULL;
}

static int diff_content(struct diff *d, const struct partition_pair *pair,
			const struct inspect_file *a, const struct inspect_file *b,
			struct error **err)
{
	struct program_pair programs = {
		.in = {pair->in[DIFF_A], pair->in[DIFF_B]},
		.p = {find_program(pair->in[DIFF_A], pair->p[DIFF_A], a->path),
		      find_program(pair->in[DIFF_B], pair->p[DIFF_B], b->path)},
		.partition = {pair->p[DIFF_A], pair->p[DIFF_B]},
		.file = {a, b},
	};
	struct byte_comparison c;
	int r = diff_compare(a->content, b->content, &c, err);

	if (r < 0 || c.equal)
		return r;

	struct diff_place place_a = diff_program_place(&programs, DIFF_A, c.first);
	struct diff_place place_b = diff_program_place(&programs, DIFF_B, c.first);

	diff_add_content(d, a->content, b->content, &c, &place_a, &place_b, NULL);
	return programs.p[DIFF_A] && programs.p[DIFF_B] ? diff_program(d, &programs, err) : 0;
}

static int diff_file(struct diff *d, const struct partition_pair *pair,
		     const struct inspect_file *a, const struct inspect_file *b, struct error **err)
{
	int r = 0;

	diff_enter(d, "%s", a ? a->path : b->path);
	if (!a || !b || a->fat.is_directory != b->fat.is_directory) {
		diff_add(d, "file",
			 !a		       ? NULL
			 : a->fat.is_directory ? "folder"
					       : "file",
			 !b		       ? NULL
			 : b->fat.is_directory ? "folder"
					       : "file",
			 NULL);
	} else if (!a->fat.is_directory) {
		diff_add_numbers(d, "size", a->fat.size, b->fat.size, "its content");
		if (a->problem || b->problem)
			diff_add(d, "not read", a->problem, b->problem, NULL);
		else
			r = diff_content(d, pair, a, b, err);
	}
	diff_leave(d);
	return r;
}

static int diff_files_of(struct diff *d, const struct partition_pair *pair, struct error **err)
{
	const struct inspect_partition *pa = pair->p[DIFF_A], *pb = pair->p[DIFF_B];
	size_t i = 0, k = 0;
	int r = 0;

	while (r >= 0 && (i < pa->n_files || k < pb->n_files)) {
		const struct inspect_file *a = i < pa->n_files ? &pa->files[i] : NULL;
		const struct inspect_file *b = k < pb->n_files ? &pb->files[k] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->path, b->path);

		r = diff_file(d, pair, order <= 0 ? a : NULL, order >= 0 ? b : NULL, err);
		i += order <= 0;
		k += order >= 0;
	}
	return r;
}

static void diff_serial(struct diff *d, const struct partition_pair *pair)
{
	const struct inspect_partition *a = pair->p[DIFF_A], *b = pair->p[DIFF_B];
	_cleanup_free_ char *text_a = string_printf("%08" PRIx32, a->fat.volume_id);
	_cleanup_free_ char *text_b = string_printf("%08" PRIx32, b->fat.volume_id);

	if (a->fat.volume_id != b->fat.volume_id)
		diff_add(d, "serial number", text_a, text_b,
			 a->serial_follows && b->serial_follows ? "the image" : NULL);
}

/* Where a byte that belongs to no file lies. Of folders the first cluster is known. */
static char *describe_offset(const struct inspect_partition *p, uint64_t offset)
{
	uint64_t table = (uint64_t)(p->fat.table.p - p->content.p);
	uint64_t cluster;

	if (offset < table)
		return strdup("boot sector and reserved sectors");
	if (offset < p->fat.data_offset && p->fat.root.n > 0 &&
	    offset >= (uint64_t)(p->fat.root.p - p->content.p))
		return strdup("root folder");
	if (offset < p->fat.data_offset)
		return strdup("file allocation tables");
	cluster = (offset - p->fat.data_offset) / p->fat.cluster_size + 2;
	if (cluster == p->fat.root_cluster)
		return strdup("root folder");
	for (size_t i = 0; i < p->n_files; i++) {
		if (p->files[i].fat.is_directory && p->files[i].fat.first_cluster == cluster)
			return string_printf("entries of folder '%s'", p->files[i].path);
	}
	return strdup("folders, or clusters of no file");
}

static int diff_gap(struct diff *d, const struct partition_pair *pair, uint64_t start, uint64_t end,
		    struct error **err)
{
	const struct inspect_partition *pa = pair->p[DIFF_A], *pb = pair->p[DIFF_B];
	struct byte_comparison c;
	struct span a, b;
	int r;

	if (start >= end || !span_slice(pa->content, start, end - start, &a) ||
	    !span_slice(pb->content, start, end - start, &b))
		return 0;
	r = diff_compare(a, b, &c, err);
	if (r < 0 || c.equal)
		return r;

	uint64_t first = start + c.first;
	struct diff_place place_a = diff_partition_place(pair, DIFF_A, first);
	struct diff_place place_b = diff_partition_place(pair, DIFF_B, first);
	_cleanup_free_ char *what = describe_offset(pa, first);

	if (what)
		diff_add_bytes(d, what, pa->content, pb->content, first, &place_a, &place_b, NULL);
	return what ? 0 : error_oom(err);
}

struct range {
	uint64_t start, end;
};

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* The places of all contents, and of the serial numbers; false if the volumes do not have the same
 * files in the same places: then other tables and folders follow from the files. */
static bool find_contents(const struct partition_pair *pair, struct range *ret, size_t *ret_n)
{
	const struct inspect_partition *a = pair->p[DIFF_A], *b = pair->p[DIFF_B];
	uint64_t serial = a->fat.type == FAT32 ? 67 : 39;
	size_t n = 0;

	if (a->n_files != b->n_files || a->content.n != b->content.n ||
	    a->fat.data_offset != b->fat.data_offset || a->fat.type != b->fat.type)
		return false;
	ret[n++] = (struct range){serial, serial + 4};
	/* BPB_BkBootSec: FAT32 has a copy of its boot sector. */
	if (a->fat.type == FAT32) {
		serial += (uint64_t)get_le16(a->content.p + 50) * get_le16(a->content.p + 11);
		ret[n++] = (struct range){serial, serial + 4};
	}
	for (size_t i = 0; i < a->n_files; i++) {
		const struct inspect_file *x = &a->files[i], *y = &b->files[i];

		if (!string_equal(x->path, y->path) ||
		    x->fat.first_cluster != y->fat.first_cluster || x->fat.size != y->fat.size ||
		    x->copy.n > 0 || x->problem || y->problem)
			return false;
		if (x->content.n > 0) {
			uint64_t start = (uint64_t)(x->content.p - a->content.p);

			ret[n++] = (struct range){start, start + x->content.n};
		}
	}
	qsort(ret, n, sizeof(*ret), compare_ranges);
	*ret_n = n;
	return true;
}

/* All that is no content: boot sector, tables, folders with their times, clusters of no file. */
static int diff_metadata(struct diff *d, const struct partition_pair *pair, struct error **err)
{
	size_t n = pair->p[DIFF_A]->n_files + 2;
	_cleanup_free_ struct range *contents = calloc(n, sizeof(*contents));
	uint64_t at = 0;
	int r = 0;

	if (!contents)
		return error_oom(err);
	if (!find_contents(pair, contents, &n))
		return 0;
	for (size_t i = 0; r >= 0 && i < n; i++) {
		r = diff_gap(d, pair, at, contents[i].start, err);
		at = MAX(at, contents[i].end);
	}
	return r < 0 ? r : diff_gap(d, pair, at, pair->p[DIFF_A]->content.n, err);
}

int diff_fat(struct diff *d, const struct partition_pair *pair, struct error **err)
{
	struct span a = pair->p[DIFF_A]->content, b = pair->p[DIFF_B]->content;
	size_t before = d->n;
	int r;

	diff_serial(d, pair);
	r = diff_metadata(d, pair, err);
	if (r >= 0)
		r = diff_files_of(d, pair, err);
	if (r < 0 || d->n > before)
		return r;

	/* All files are the same, but not in the same places. */
	uint64_t first = pair->content.first;
	struct diff_place place_a = diff_partition_place(pair, DIFF_A, first);
	struct diff_place place_b = diff_partition_place(pair, DIFF_B, first);
	_cleanup_free_ char *what = describe_offset(pair->p[DIFF_A], first);

	if (what)
		diff_add_bytes(d, what, a, b, first, &place_a, &place_b, NULL);
	return what ? 0 : error_oom(err);
}
