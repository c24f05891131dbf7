#include "inspect/root_files.h"

#include <errno.h>

#include "base/parallel.h"
#include "inspect/inspection_parts.h"

struct walk {
	const struct erofs *fs;
	struct root_files *files;
	const char *folder; /* path of the folder that is read; "" of the root */
	uint8_t *seen;	    /* a bit for each inode slot: directories that were met */
	uint64_t content;   /* bytes of all files so far, and of all directories */
	uint64_t folders;
	uint64_t names; /* bytes of paths and targets */
};

void root_files_release(struct root_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->items[i].path);
		free(f->items[i].target);
		free(f->items[i].problem);
	}
	free(f->items);
	*f = (struct root_files){0};
}

static bool is_type(const struct erofs_inode *i, uint32_t type)
{
	return (i->mode & EROFS_MODE_TYPE) == type;
}

/* Directories form a tree: one that is met again is a loop. */
static int mark_directory(struct walk *w, const struct root_file *f, struct error **err)
{
	uint8_t *byte = &w->seen[f->inode.nid / 8];
	uint8_t bit = (uint8_t)(1u << f->inode.nid % 8);

	if (*byte & bit)
		return error_set(err, -ERROR_MALFORMED, "EROFS: the directory '%s' is listed twice",
				 f->path);
	*byte |= bit;
	w->folders += MIN(f->inode.size, ROOT_FOLDERS_SIZE_MAX);
	if (w->folders > ROOT_FOLDERS_SIZE_MAX)
		return error_set(err, -EFBIG, "EROFS: its directories have more than %llu bytes",
				 ROOT_FOLDERS_SIZE_MAX);
	return 0;
}

static int count_names(struct walk *w, uint64_t n, struct error **err)
{
	w->names += MIN(n, ROOT_NAMES_SIZE_MAX);
	return w->names <= ROOT_NAMES_SIZE_MAX
		       ? 0
		       : error_set(err, -EFBIG, "EROFS: its paths have more than %llu bytes",
				   ROOT_NAMES_SIZE_MAX);
}

static int read_target(struct walk *w, struct root_file *f, struct error **err)
{
	_cleanup_(buffer_release) struct buffer target = BUFFER_INIT(EROFS_SYMLINK_MAX);
	struct error *e = NULL;
	int r = erofs_read(w->fs, &f->inode, &target, &e);

	if (r < 0)
		return inspect_problem(r, e, &f->problem, err);
	f->target = strdup(buffer_text(&target));
	return f->target ? 0 : error_oom(err);
}

static int add_file(struct walk *w, char *path, uint64_t nid, struct error **err)
{
	struct root_files *l = w->files;

	if (array_reserve(&l->items, &l->capacity, l->n + 1, sizeof(*l->items)) < 0) {
		free(path);
		return error_oom(err);
	}

	struct root_file *f = &l->items[l->n++];

	*f = (struct root_file){.path = path};

	int r = erofs_inode(w->fs, nid, &f->inode, err);

	if (r < 0)
		return r;
	if (is_type(&f->inode, EROFS_MODE_DIRECTORY))
		return mark_directory(w, f, err);
	if (is_type(&f->inode, EROFS_MODE_SYMLINK)) {
		r = count_names(w, f->inode.size, err);
		return r < 0 ? r : read_target(w, f, err);
	}
	if (is_type(&f->inode, EROFS_MODE_FILE))
		w->content += MIN(f->inode.size, ROOT_CONTENT_MAX);
	if (w->content > ROOT_CONTENT_MAX)
		return error_set(err, -EFBIG, "EROFS: its files have more than %llu bytes",
				 ROOT_CONTENT_MAX);
	return 0;
}

static int visit(void *context, struct span name, uint64_t nid, struct error **err)
{
	struct walk *w = context;
	char *path;

	if (w->files->n == ROOT_FILES_MAX)
		return error_set(err, -EFBIG, "EROFS: more than %u files", ROOT_FILES_MAX);
	if (strlen(w->folder) + name.n + 1 > ROOT_PATH_MAX)
		return error_set(err, -ERROR_MALFORMED, "EROFS: a path of more than %u bytes",
				 ROOT_PATH_MAX);

	int r = count_names(w, strlen(w->folder) + name.n + 1, err);

	if (r < 0)
		return r;
	path = string_printf("%s%s%.*s", w->folder, *w->folder ? "/" : "", (int)name.n,
			     (const char *)name.p);
	return path ? add_file(w, path, nid, err) : error_oom(err);
}

static int compare_paths(const void *a, const void *b)
{
	const struct root_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* The list grows while it is walked, and its items move: what is used of one is copied. */
static int walk(struct walk *w, struct error **err)
{
	char *root = strdup("");
	int r = root ? add_file(w, root, w->fs->root_nid, err) : error_oom(err);

	for (size_t i = 0; r >= 0 && i < w->files->n; i++) {
		struct erofs_inode inode = w->files->items[i].inode;

		if (!is_type(&inode, EROFS_MODE_DIRECTORY))
			continue;
		w->folder = w->files->items[i].path;
		r = erofs_list(w->fs, &inode, visit, w, err);
		if (r == -ERROR_UNSUPPORTED) {
			/* A directory of a layout that is not read. */
			struct error *e = err ? *err : NULL;

			if (err)
				*err = NULL;
			r = inspect_problem(r, e, &w->files->items[i].problem, err);
		}
	}
	return r;
}

int root_files_read(const struct erofs *fs, struct root_files *ret, struct error **err)
{
	_cleanup_(root_files_release) struct root_files files = {0};
	_cleanup_free_ uint8_t *seen = calloc(fs->image.n / 32 / 8 + 1, 1);
	struct walk w = {.fs = fs, .files = &files, .seen = seen};
	int r = seen ? walk(&w, err) : error_oom(err);

	if (r < 0)
		return r;
	qsort(files.items, files.n, sizeof(*files.items), compare_paths);
	*ret = files;
	files = (struct root_files){0};
	return 0;
}

struct hashing {
	const struct erofs *fs;
	struct root_files *files;
};

static int hash_file(const struct erofs *fs, struct root_file *f, struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_new(DIGEST_SHA256);
	_cleanup_(buffer_release) struct buffer scratch = BUFFER_INIT(EROFS_EXTENT_MAX);
	struct erofs_extent e;
	struct erofs_cursor c;
	struct span bytes;
	int r = d ? erofs_cursor_init(fs, &f->inode, &c, err) : error_oom(err);

	while (r >= 0 && (r = erofs_next(&c, &e, err)) > 0) {
		r = erofs_extent_bytes(fs, &e, &scratch, &bytes, err);
		if (r >= 0)
			digest_stream_add(d, bytes);
	}
	if (r < 0)
		return r;
	f->sha256 = digest_stream_end(d);
	f->has_digest = true;
	return 0;
}

static int hash_item(void *context, size_t index, struct error **err)
{
	const struct hashing *h = context;
	struct root_file *f = &h->files->items[index];
	struct error *e = NULL;
	int r = is_type(&f->inode, EROFS_MODE_FILE) ? hash_file(h->fs, f, &e) : 0;

	return r < 0 ? inspect_problem(r, e, &f->problem, err) : 0;
}

int root_files_digest(const struct erofs *fs, struct root_files *f, struct error **err)
{
	struct hashing h = {fs, f};

	return parallel_for(f->n, 0, hash_item, &h, err);
}
