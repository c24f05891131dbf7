#include "report/shares.h"

void shares_release(struct shares *s)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < s->items[i].n; k++)
			free(s->items[i].items[k].name);
		free(s->items[i].items);
		free(s->items[i].name);
	}
	free(s->items);
	*s = (struct shares){0};
}

/* Folders of an image of others; what is beyond goes into one group. */
#define GROUPS_MAX 1024u
#define BEYOND "others"

/* Groups are few; those of packages come in runs, so the last one is looked at first. */
static struct share_group *find_group(struct shares *s, enum share_kind kind, const char *name)
{
	for (size_t i = s->n; i > 0; i--) {
		if (s->items[i - 1].kind == kind && string_equal(s->items[i - 1].name, name))
			return &s->items[i - 1];
	}
	if (s->n >= GROUPS_MAX && !string_equal(name, BEYOND))
		return find_group(s, SHARE_OTHER, BEYOND);
	if (array_reserve(&s->items, &s->capacity, s->n + 1, sizeof *s->items) < 0)
		return NULL;

	struct share_group *g = &s->items[s->n];

	*g = (struct share_group){.kind = kind, .name = strdup(name)};
	s->n += g->name != NULL;
	return g->name ? g : NULL;
}

static int add(struct shares *s, enum share_kind kind, const char *group, const char *name,
	       uint64_t bytes, struct error **err)
{
	struct share_group *g = bytes ? find_group(s, kind, group) : NULL;

	if (!bytes)
		return 0;
	if (!g || array_reserve(&g->items, &g->capacity, g->n + 1, sizeof *g->items) < 0)
		return error_oom(err);
	g->items[g->n] = (struct share){.name = strdup(name), .bytes = bytes};
	if (!g->items[g->n].name)
		return error_oom(err);
	g->n++;
	g->bytes += bytes;
	s->bytes += bytes;
	return 0;
}

/* Bytes of a file's extents; what cannot be read has none. */
static uint64_t file_bytes(const struct erofs *fs, const struct root_file *f)
{
	struct erofs_cursor c;
	struct erofs_extent e;
	uint64_t bytes = 0;

	if ((f->inode.mode & EROFS_MODE_TYPE) != EROFS_MODE_FILE ||
	    erofs_cursor_init(fs, &f->inode, &c, NULL) < 0)
		return 0;
	while (erofs_next(&c, &e, NULL) > 0)
		bytes += e.physical_length;
	return bytes;
}

/* "usr/lib" of "usr/lib/x/y": what a file belongs to as long as nobody says more. */
static char *folder_of(const char *path)
{
	const char *end = strchr(path, '/');
	const char *second = end ? strchr(end + 1, '/') : NULL;

	end = second ? second : end;
	return end ? strndup(path, (size_t)(end - path)) : strdup("/");
}

static int add_file(const struct report *r, const struct root_file *f, uint64_t bytes,
		    struct shares *s, struct error **err)
{
	const char *owner = r->owners ? report_owners_find(r->owners, f->path) : NULL;
	_cleanup_free_ char *folder = folder_of(f->path);

	if (!folder)
		return error_oom(err);
	if (owner)
		return add(s, SHARE_PACKAGE, owner, f->path, bytes, err);
	return r->owners ? add(s, SHARE_RECIPE, "recipe and build", f->path, bytes, err)
			 : add(s, SHARE_PACKAGE, folder, f->path, bytes, err);
}

static int add_root(const struct report *r, const struct inspect_partition *p, struct shares *s,
		    struct error **err)
{
	/* A file with several names is counted once. */
	_cleanup_free_ uint8_t *seen = calloc(p->erofs.image.n / 32 / 8 + 1, 1);
	uint64_t sum = 0;
	int result = seen ? 0 : error_oom(err);

	for (size_t i = 0; result >= 0 && i < r->files->n; i++) {
		const struct root_file *f = &r->files->items[i];
		uint8_t bit = (uint8_t)(1u << f->inode.nid % 8);
		uint64_t bytes = file_bytes(&p->erofs, f);

		if (f->inode.nid / 8 >= p->erofs.image.n / 32 / 8 + 1 ||
		    seen[f->inode.nid / 8] & bit || bytes > p->size - MIN(sum, p->size))
			continue;
		seen[f->inode.nid / 8] |= bit;
		sum += bytes;
		result = add_file(r, f, bytes, s, err);
	}
	return result < 0
		       ? result
		       : add(s, SHARE_OTHER, "structures and free space",
			     "root file system: directories, inodes, padding", p->size - sum, err);
}

static int add_program(const struct inspection *in, const struct inspect_file *f, struct shares *s,
		       struct error **err)
{
	uint64_t sum = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < in->n_programs; i++) {
		const struct inspect_program *p = &in->programs[i];

		if (!p->path || !string_equal(p->path, f->path))
			continue;
		for (size_t k = 0; r >= 0 && k < p->pe.number_of_sections; k++) {
			const struct pe_section *section = &p->pe.sections[k];

			sum += section->size_of_raw_data;
			r = add(s, SHARE_BOOT, f->path, section->name, section->size_of_raw_data,
				err);
		}
		break;
	}
	/* Sections do not overlap (formats/pe.h). */
	return r < 0 ? r
		     : add(s, SHARE_BOOT, f->path, sum ? "headers" : f->path,
			   f->content.n - MIN(sum, f->content.n), err);
}

static int add_fat(const struct inspection *in, const struct inspect_partition *p, struct shares *s,
		   struct error **err)
{
	uint64_t sum = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < p->n_files; i++) {
		if (p->files[i].content.n > p->size - MIN(sum, p->size))
			continue;
		sum += p->files[i].content.n;
		r = add_program(in, &p->files[i], s, err);
	}
	return r < 0 ? r
		     : add(s, SHARE_OTHER, "structures and free space",
			   "EFI system partition: tables and free clusters", p->size - sum, err);
}

static int add_partition(const struct report *r, const struct inspect_partition *p,
			 struct shares *s, struct error **err)
{
	if (p->kind == CONTENT_FAT)
		return add_fat(r->in, p, s, err);
	if (p == inspection_root(r->in) && r->files)
		return add_root(r, p, s, err);
	return add(s, SHARE_OTHER, content_kind_name(p->kind, &p->fat), p->entry.partition_name,
		   p->size, err);
}

static int compare_shares(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->bytes != y->bytes ? (x->bytes < y->bytes ? 1 : -1) : strcmp(x->name, y->name);
}

static int compare_groups(const void *a, const void *b)
{
	const struct share_group *x = a, *y = b;

	return x->bytes != y->bytes ? (x->bytes < y->bytes ? 1 : -1) : strcmp(x->name, y->name);
}

static int make(const struct report *report, struct shares *s, struct error **err)
{
	const struct inspection *in = report->in;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < in->n_partitions; i++)
		r = add_partition(report, &in->partitions[i], s, err);
	for (size_t i = 0; r >= 0 && !in->is_disk && i < in->n_programs; i++) {
		const struct inspect_program *p = &in->programs[i];

		for (size_t k = 0; r >= 0 && k < p->pe.number_of_sections; k++)
			r = add(s, SHARE_BOOT, "image", p->pe.sections[k].name,
				p->pe.sections[k].size_of_raw_data, err);
	}
	if (r >= 0 && s->bytes < in->file.content.n)
		r = add(s, SHARE_OTHER, "structures and free space",
			in->is_disk ? "partition tables and what no partition has" : "headers",
			in->file.content.n - s->bytes, err);
	return r;
}

int shares_make(const struct report *r, struct shares *ret, struct error **err)
{
	_cleanup_(shares_release) struct shares s = {0};
	int result = make(r, &s, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < s.n; i++) {
		if (s.items[i].n)
			qsort(s.items[i].items, s.items[i].n, sizeof *s.items[i].items,
			      compare_shares);
	}
	if (s.n)
		qsort(s.items, s.n, sizeof *s.items, compare_groups);
	*ret = s;
	s = (struct shares){0};
	return 0;
}
