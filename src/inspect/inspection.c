#include "inspect/inspection.h"

#include <errno.h>

#include "inspect/inspection_parts.h"
#include "measure/digest_jobs.h"
#include "measure/disk.h"

static void partition_release(struct inspect_partition *p)
{
	for (size_t i = 0; i < p->n_files; i++) {
		free(p->files[i].path);
		free(p->files[i].problem);
		buffer_release(&p->files[i].copy);
	}
	free(p->files);
	free(p->problem);
	free(p->packages_problem);
	package_list_release(&p->packages);
}

static void program_release(struct inspect_program *p)
{
	free(p->kind);
	free(p->kernel_version);
	free(p->os_name);
	free(p->os_variant);
	free(p->command_line);
	free(p->root_hash);
	free(p->authentihash_problem);
}

void inspection_release(struct inspection *in)
{
	for (size_t i = 0; i < in->n_partitions; i++)
		partition_release(&in->partitions[i]);
	for (size_t i = 0; i < in->n_programs; i++)
		program_release(&in->programs[i]);
	free(in->partitions);
	free(in->programs);
	free(in->primary_problem);
	free(in->backup_problem);
	free(in->name);
	image_file_release(&in->file);
	*in = (struct inspection){0};
}

/* What firmware would not take is shown all the same. */
static int check_primary(struct inspection *in, const struct gpt_firmware *table,
			 struct error **err)
{
	struct error *e = NULL;
	int r = gpt_firmware_check(in->file.content, &table->table, &e);

	return r < 0 ? inspect_problem(r, e, &in->primary_problem, err) : 0;
}

/* The primary table, or the backup where that is damaged. */
static int read_table(struct inspection *in, struct gpt_firmware *ret, struct error **err)
{
	struct span disk = in->file.content;
	struct error *e = NULL;
	int r = gpt_firmware_parse(disk, ret, &e);

	in->has_gpt = r >= 0;
	if (r >= 0) {
		r = check_primary(in, ret, err);
		if (r < 0)
			return r;
		r = gpt_firmware_check_backup(disk, &ret->table, &e);
	} else {
		r = inspect_problem(r, e, &in->primary_problem, err);
		if (r < 0)
			return r;
		e = NULL;
		r = gpt_firmware_parse_backup(disk, in->sector_size, ret, &e);
		in->has_gpt = r >= 0;
	}
	return r < 0 ? inspect_problem(r, e, &in->backup_problem, err) : 0;
}

/* The slot of the n-th used entry, from 1. */
static unsigned slot_number(const struct gpt *g, size_t n)
{
	size_t size = g->size_of_partition_entry;

	for (size_t i = 0; i < g->entry_array.n / size; i++) {
		if (!span_is_zero(SPAN(g->entry_array.p + i * size, sizeof(struct guid))) &&
		    n-- == 0)
			return (unsigned)i + 1;
	}
	return 0;
}

static int read_partition(struct inspect_partition *p, const struct inspection *in,
			  struct error **err)
{
	if (!gpt_firmware_range(&in->gpt, &p->entry, &p->offset, &p->size) ||
	    !span_slice(in->file.content, p->offset, p->size, &p->content)) {
		p->problem = strdup("lies outside the disk");
		return p->problem ? 0 : error_oom(err);
	}
	p->kind = content_kind_find(p->content);
	switch (p->kind) {
	case CONTENT_FAT:
		return inspect_fat(p, err);
	case CONTENT_EROFS:
		return inspect_erofs(p, err);
	case CONTENT_VERITY:
		return inspect_verity(p, err);
	default:
		return 0;
	}
}

static int read_partitions(struct inspection *in, const struct gpt_firmware *table,
			   struct error **err)
{
	int r = 0;

	in->gpt = table->table;
	in->partitions = calloc(in->gpt.n_entries + 1, sizeof(*in->partitions));
	if (!in->partitions)
		return error_oom(err);
	for (size_t i = 0; r >= 0 && i < in->gpt.n_entries; i++) {
		struct inspect_partition *p = &in->partitions[in->n_partitions++];

		p->entry = in->gpt.entries[i];
		p->fault = table->faults[i];
		p->number = slot_number(&in->gpt, i);
		r = read_partition(p, in, err);
	}
	return r;
}

static bool may_be_program(const struct inspect_file *f)
{
	return !f->fat.is_directory && f->content.n > 2 && f->content.p[0] == 'M' &&
	       f->content.p[1] == 'Z';
}

static int read_programs(struct inspection *in, struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < in->n_partitions; i++) {
		const struct inspect_partition *p = &in->partitions[i];

		for (size_t k = 0; r >= 0 && k < p->n_files; k++) {
			const struct inspect_file *f = &p->files[k];

			if (may_be_program(f) && in->n_programs < INSPECT_PROGRAMS_MAX)
				r = inspect_add_program(in, f->path, p->number, f->content, err);
		}
	}
	return r;
}

/* What is neither disk nor program is not for us. */
static int read_image(struct inspection *in, struct error **err)
{
	struct uki uki;
	int r = inspect_add_program(in, NULL, 0, in->file.content, err);

	if (r >= 0 && in->n_programs == 0)
		r = uki_parse(in->file.content, &uki, err);
	return r < 0 ? error_wrap(err, r, "neither a disk nor an image for firmware") : 0;
}

static int read_all(struct inspection *in, struct error **err)
{
	struct gpt_firmware table;
	int r;

	in->is_disk = in->file.format != IMAGE_FILE_UKI;
	if (!in->is_disk)
		return read_image(in, err);
	in->sector_size = gpt_sector_size(in->file.content);
	if (in->sector_size == 0)
		in->sector_size = GPT_SECTOR_SIZE;
	r = read_table(in, &table, err);
	if (r >= 0 && in->has_gpt)
		r = read_partitions(in, &table, err);
	if (r >= 0)
		r = read_programs(in, err);
	if (r >= 0)
		inspect_relations(in);
	return r;
}

int inspection_open(const char *path, struct progress *progress, struct inspection *ret,
		    struct error **err)
{
	_cleanup_(inspection_release) struct inspection in = {0};
	int r = image_file_open(path, progress, &in.file, err);

	if (r < 0)
		return r;
	in.name = strdup(path_basename(path));
	r = in.name ? read_all(&in, err) : error_oom(err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	*ret = in;
	in = (struct inspection){0};
	return 0;
}

const struct inspect_partition *inspection_partition(const struct inspection *in, unsigned number)
{
	for (size_t i = 0; number > 0 && i < in->n_partitions; i++) {
		if (in->partitions[i].number == number)
			return &in->partitions[i];
	}
	return NULL;
}

const struct inspect_partition *inspection_root(const struct inspection *in)
{
	for (size_t i = 0; i < in->n_partitions; i++) {
		if (in->partitions[i].kind == CONTENT_EROFS && in->partitions[i].erofs.blocks > 0)
			return &in->partitions[i];
	}
	return NULL;
}

/* All digests that are wanted; the pieces stay where they are while the list grows. */
struct jobs {
	struct digest_job *items;
	struct digest_piece *pieces;
	size_t n;
	size_t n_pieces;
};

static void jobs_release(struct jobs *j)
{
	free(j->items);
	free(j->pieces);
}

static void add_job(struct jobs *j, struct span bytes, enum digest_algorithm a, struct digest *ret)
{
	struct digest_piece *piece = &j->pieces[j->n_pieces++];

	*piece = (struct digest_piece){.bytes = bytes};
	j->items[j->n++] = (struct digest_job){piece, 1, a, ret};
}

static void add_authentihash(struct jobs *j, const struct authenticode *a,
			     struct inspect_program *p)
{
	struct digest_piece *first = &j->pieces[j->n_pieces];

	for (size_t i = 0; i < a->n; i++)
		j->pieces[j->n_pieces++] = (struct digest_piece){.bytes = a->pieces[i]};
	for (size_t i = 0; i < ARRAY_SIZE(inspect_authentihashes); i++)
		j->items[j->n++] = (struct digest_job){first, a->n, inspect_authentihashes[i],
						       &p->authentihash[i]};
}

static int add_program_jobs(struct jobs *j, struct inspect_program *p, struct error **err)
{
	struct error *e = NULL;
	struct authenticode a;

	for (size_t i = 0; i < p->pe.number_of_sections; i++)
		add_job(j, pe_section_data(&p->pe, &p->pe.sections[i]), DIGEST_SHA256,
			&p->sections[i]);

	int r = authenticode_pieces(&p->pe, &a, &e);

	if (r < 0)
		return inspect_problem(r, e, &p->authentihash_problem, err);
	add_authentihash(j, &a, p);
	return 0;
}

int inspection_digest(struct inspection *in, struct error **err)
{
	_cleanup_(jobs_release) struct jobs j = {0};
	size_t jobs = 2, pieces = 2;
	int r = 0;

	for (size_t i = 0; i < in->n_partitions; i++) {
		jobs += in->partitions[i].n_files;
		pieces += in->partitions[i].n_files;
	}
	for (size_t i = 0; i < in->n_programs; i++) {
		jobs += in->programs[i].pe.number_of_sections + ARRAY_SIZE(inspect_authentihashes);
		pieces += in->programs[i].pe.number_of_sections + AUTHENTICODE_PIECES_MAX;
	}
	j.items = calloc(jobs, sizeof(*j.items));
	j.pieces = calloc(pieces, sizeof(*j.pieces));
	if (!j.items || !j.pieces)
		return error_oom(err);
	add_job(&j, in->file.file, DIGEST_SHA256, &in->sha256);
	if (in->is_disk)
		add_job(&j, in->file.content, DIGEST_SHA256, &in->disk_sha256);
	for (size_t i = 0; i < in->n_partitions; i++) {
		struct inspect_partition *p = &in->partitions[i];

		for (size_t k = 0; k < p->n_files; k++) {
			if (!p->files[k].fat.is_directory && !p->files[k].problem)
				add_job(&j, p->files[k].content, DIGEST_SHA256,
					&p->files[k].sha256);
		}
	}
	for (size_t i = 0; r >= 0 && i < in->n_programs; i++)
		r = add_program_jobs(&j, &in->programs[i], err);
	return r < 0 ? r : digest_jobs_run(j.items, j.n, err);
}
