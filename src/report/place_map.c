/*
 * Where things lie in the image: tables, partitions, files of the EFI system partition, sections of programs.
 */
#include "report/report_parts.h"

void place_map_release(struct place_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->items[i].name);
	free(m->items);
	*m = (struct place_map){0};
}

static int add(struct place_map *m, const struct place *p, const char *name, struct error **err)
{
	if (array_reserve(&m->items, &m->capacity, m->n + 1, sizeof *m->items) < 0)
		return error_oom(err);
	m->items[m->n] = *p;
	m->items[m->n].name = strdup(name);
	return m->items[m->n++].name ? 0 : error_oom(err);
}

/* Where a span lies in the image; false for a copy. */
static bool offset_of(const struct inspection *in, struct span s, uint64_t *ret)
{
	uintptr_t start = (uintptr_t)in->file.content.p, at = (uintptr_t)s.p;

	if (s.n == 0 || at < start || at - start >= in->file.content.n)
		return false;
	*ret = at - start;
	return true;
}

static int add_sections(const struct inspection *in, const struct inspect_program *p,
			unsigned depth, struct place_map *m, struct error **err)
{
	uint64_t start;
	int r = 0;

	if (!offset_of(in, p->file, &start))
		return 0;
	for (size_t i = 0; r >= 0 && i < p->pe.number_of_sections; i++) {
		const struct pe_section *s = &p->pe.sections[i];
		const struct place place = {
			.offset = start + s->pointer_to_raw_data,
			.size = s->size_of_raw_data,
			.depth = depth,
			.kind = "section",
			.partition = p->partition,
		};

		if (s->size_of_raw_data)
			r = add(m, &place, s->name, err);
	}
	return r;
}

static int add_files(const struct inspection *in, const struct inspect_partition *p,
		     struct place_map *m, struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && p->kind == CONTENT_FAT && i < p->n_files; i++) {
		const struct inspect_file *f = &p->files[i];
		struct place place = {
			.size = f->content.n, .depth = 1, .kind = "file", .partition = p->number};

		if (f->fat.is_directory || !offset_of(in, f->content, &place.offset))
			continue;
		r = add(m, &place, f->path, err);
		for (size_t k = 0; r >= 0 && k < in->n_programs; k++) {
			const struct inspect_program *program = &in->programs[k];

			if (program->partition == p->number && program->path &&
			    string_equal(program->path, f->path))
				r = add_sections(in, program, 2, m, err);
		}
	}
	return r;
}

/* Up to the first partition, and behind the last. */
static int add_tables(const struct inspection *in, bool backup, struct place_map *m,
		      struct error **err)
{
	uint64_t first = in->file.content.n, last = 0;
	struct place place = {.kind = "table"};

	for (size_t i = 0; i < in->n_partitions; i++) {
		first = MIN(first, in->partitions[i].offset);
		last = MAX(last, in->partitions[i].offset + in->partitions[i].size);
	}
	if (in->n_partitions == 0 || last > in->file.content.n)
		return 0;
	place.offset = backup ? last : 0;
	place.size = backup ? in->file.content.n - last : first;
	return add(m, &place, backup ? "backup of the partition table" : "partition table", err);
}

static int make(const struct inspection *in, struct place_map *m, struct error **err)
{
	int r = in->is_disk ? add_tables(in, false, m, err) : 0;

	for (size_t i = 0; r >= 0 && i < in->n_partitions; i++) {
		const struct inspect_partition *p = &in->partitions[i];
		const struct place place = {.offset = p->offset,
					    .size = p->size,
					    .kind = "partition",
					    .partition = p->number};

		r = add(m, &place, p->entry.partition_name, err);
		if (r >= 0)
			r = add_files(in, p, m, err);
	}
	if (r >= 0 && in->is_disk)
		r = add_tables(in, true, m, err);
	for (size_t i = 0; r >= 0 && !in->is_disk && i < in->n_programs; i++)
		r = add_sections(in, &in->programs[i], 0, m, err);
	return r;
}

int place_map_make(const struct inspection *in, struct place_map *ret, struct error **err)
{
	_cleanup_(place_map_release) struct place_map m = {0};
	int r = make(in, &m, err);

	if (r < 0)
		return r;
	*ret = m;
	m = (struct place_map){0};
	return 0;
}

bool place_map_find(const struct place_map *m, uint64_t offset, size_t *ret)
{
	bool found = false;

	for (size_t i = 0; i < m->n; i++) {
		const struct place *p = &m->items[i];

		if (offset < p->offset || offset - p->offset >= p->size ||
		    (found && p->depth < m->items[*ret].depth))
			continue;
		*ret = i;
		found = true;
	}
	return found;
}

bool place_map_find_name(const struct place_map *m, const char *name, size_t *ret)
{
	for (size_t i = 0; i < m->n; i++) {
		if (!string_equal(m->items[i].name, name))
			continue;
		*ret = i;
		return true;
	}
	return false;
}
