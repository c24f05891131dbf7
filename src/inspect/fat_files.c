/* The files of a FAT partition. */
#include "inspect/inspection_parts.h"

#include <errno.h>

struct walk {
	struct inspect_partition *partition;
	const char *folder; /* "" is the root */
	uint64_t content;   /* bytes of all files so far */
};

static int compare_paths(const void *a, const void *b)
{
	const struct inspect_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int take_file(void *context, const char *name, const struct fat_file *file,
		     struct error **err)
{
	struct walk *w = context;
	struct inspect_partition *p = w->partition;

	if (p->n_files == INSPECT_FAT_FILES_MAX)
		return error_set(err, -ERROR_MALFORMED, "FAT: more than %u files",
				 INSPECT_FAT_FILES_MAX);
	if (array_reserve(&p->files, &p->files_capacity, p->n_files + 1, sizeof(*p->files)) < 0)
		return error_oom(err);

	struct inspect_file *f = &p->files[p->n_files];

	*f = (struct inspect_file){.fat = *file, .copy = BUFFER_INIT(INSPECT_COPY_MAX)};
	f->path = *w->folder ? string_printf("%s/%s", w->folder, name) : strdup(name);
	if (!f->path)
		return error_oom(err);
	p->n_files++;
	/* Files do not share clusters. If they do, reading all of them could take for ever. */
	if (!file->is_directory)
		w->content += file->size;
	if (w->content > p->content.n)
		return error_set(err, -ERROR_MALFORMED,
				 "FAT: its files have more bytes than the volume");
	return 0;
}

static unsigned depth(const char *path)
{
	unsigned n = 1;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* True if a folder before this one begins in the same cluster: a loop, or two names of one. */
static bool was_walked(const struct inspect_partition *p, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (p->files[i].fat.is_directory &&
		    p->files[i].fat.first_cluster == p->files[index].fat.first_cluster)
			return true;
	}
	return false;
}

/* The list grows while it is walked: the files of each folder are added after all others. */
static int walk_folders(struct walk *w, struct error **err)
{
	struct inspect_partition *p = w->partition;
	unsigned folders = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < p->n_files; i++) {
		struct fat_file file = p->files[i].fat;

		if (!file.is_directory)
			continue;
		w->folder = p->files[i].path;
		if (file.first_cluster == 0 || was_walked(p, i) ||
		    file.first_cluster == p->fat.root_cluster)
			return error_set(err, -ERROR_MALFORMED, "FAT: folder '%s' is listed twice",
					 w->folder);
		if (++folders > INSPECT_FAT_FOLDERS_MAX || depth(w->folder) > INSPECT_FAT_DEPTH_MAX)
			return error_set(err, -ERROR_MALFORMED,
					 "FAT: '%s': more than %u folders, or %u of them deep",
					 w->folder, INSPECT_FAT_FOLDERS_MAX, INSPECT_FAT_DEPTH_MAX);
		r = fat_walk(&p->fat, &file, take_file, w, err);
	}
	return r;
}

static int read_content(struct inspect_partition *p, struct inspect_file *f, struct error **err)
{
	struct error *e = NULL;

	if (f->fat.is_directory || fat_map(&p->fat, &f->fat, &f->content))
		return 0;

	int r = fat_read(&p->fat, &f->fat, &f->copy, &e);

	if (r < 0) {
		buffer_release(&f->copy);
		return inspect_problem(r, e, &f->problem, err);
	}
	f->content = buffer_span(&f->copy);
	return 0;
}

int inspect_fat(struct inspect_partition *p, struct error **err)
{
	struct walk w = {.partition = p, .folder = ""};
	struct fat_file root;
	struct error *e = NULL;
	int r = fat_open(p->content, &p->fat, &e);

	if (r >= 0)
		r = fat_find(&p->fat, "", &root, &e);
	if (r >= 0)
		r = fat_walk(&p->fat, &root, take_file, &w, &e);
	if (r >= 0)
		r = walk_folders(&w, &e);
	if (r < 0)
		r = inspect_problem(r, e, &p->problem, err);
	if (p->n_files > 0)
		qsort(p->files, p->n_files, sizeof(*p->files), compare_paths);
	for (size_t i = 0; r >= 0 && i < p->n_files; i++)
		r = read_content(p, &p->files[i], err);
	return r;
}
