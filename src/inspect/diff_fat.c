/* FAT volumes, file by file. */
#include "inspect/diff_parts.h"

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

static const char *region(const struct inspect_partition *p, uint64_t offset)
{
	uint64_t table = (uint64_t)(p->fat.table.p - p->content.p);

	if (offset < table)
		return "boot sector and reserved sectors";
	if (offset < p->fat.data_offset)
		return "file allocation tables";
	return "folders or free clusters";
}

int diff_fat(struct diff *d, const struct partition_pair *pair, struct error **err)
{
	struct span a = pair->p[DIFF_A]->content, b = pair->p[DIFF_B]->content;
	size_t before = d->n;
	int r;

	diff_serial(d, pair);
	r = diff_files_of(d, pair, err);
	if (r < 0 || d->n > before)
		return r;

	/* All files are the same: what differs is how the volume holds them. */
	uint64_t first = pair->content.first;
	struct diff_place place_a = diff_partition_place(pair, DIFF_A, first);
	struct diff_place place_b = diff_partition_place(pair, DIFF_B, first);

	diff_add_bytes(d, region(pair->p[DIFF_A], first), a, b, first, &place_a, &place_b, NULL);
	return 0;
}
