#include "image/root_image.h"

#include <errno.h>

#include "formats/erofs_piece.h"

#define BLOCK 4096u

/* Where the content of a node is. */
struct source {
	size_t image;
	uint64_t data, tail; /* its blocks, and the bytes behind them, in that image */
};

/* While the tree becomes nodes. */
struct making {
	const struct tree *tree;
	struct root_contents contents;
	size_t *first;	 /* tree_first_names() */
	uint32_t *nodes; /* of each entry */
	struct erofs_plan_input input;
	struct source *sources; /* of each node */
};

static void making_release(struct making *m)
{
	root_contents_release(&m->contents);
	free(m->first);
	free(m->nodes);
	free(m->input.nodes);
	free(m->input.names);
	free(m->sources);
}

void root_image_release(struct root_image *r)
{
	pieces_release(&r->pieces);
	erofs_plan_release(&r->plan);
	*r = (struct root_image){0};
}

static uint32_t type_of(const struct tree_entry *e)
{
	switch (e->type) {
	case TREE_DIRECTORY:
		return EROFS_MODE_DIRECTORY;
	case TREE_SYMLINK:
		return EROFS_MODE_SYMLINK;
	case TREE_FILE:
	default:
		return EROFS_MODE_FILE;
	}
}

/* The content of a file, as it was compressed. */
static int set_content(struct making *m, size_t entry, uint32_t number, struct error **err)
{
	const struct contents_place *place = &m->contents.places[entry];
	const struct tree_entry *e = tree_at(m->tree, entry);
	struct erofs_node *n = &m->input.nodes[number];
	struct erofs_inode inode;
	struct erofs_piece piece = {0};
	int r;

	if (place->number == SIZE_MAX)
		return 0;
	r = root_contents_find(&m->contents, place, &inode, err);
	if (r >= 0)
		r = erofs_piece(&m->contents.images[place->image].fs, &inode, &piece, err);
	if (r >= 0 && piece.size != e->content.size)
		r = error_set(err, -EIO, "its content changed");
	if (r < 0)
		return r;
	n->size = piece.size;
	n->index = piece.index;
	n->index_base = piece.index_base;
	n->blocks = piece.blocks;
	n->tail = piece.tail;
	m->sources[number] = (struct source){.image = place->image, .data = piece.data};
	if (piece.tail.n)
		m->sources[number].tail =
			(uint64_t)(piece.tail.p - m->contents.images[place->image].map.data.p);
	return 0;
}

static int add_node(struct making *m, size_t entry, struct error **err)
{
	const struct tree_entry *e = tree_at(m->tree, entry);
	uint32_t number = (uint32_t)m->input.n_nodes++;
	struct erofs_node *n = &m->input.nodes[number];

	m->nodes[entry] = number;
	*n = (struct erofs_node){
		.mode = type_of(e) | e->mode,
		.uid = e->uid,
		.gid = e->gid,
	};
	if (e->type == TREE_FILE)
		return set_content(m, entry, number, err);
	if (e->type == TREE_SYMLINK) {
		n->size = strlen(e->target);
		n->tail = SPAN(e->target + n->size / BLOCK * BLOCK, n->size % BLOCK);
	}
	return 0;
}

static int add_name(struct making *m, size_t entry, struct error **err)
{
	const struct tree_entry *e = tree_at(m->tree, entry);
	const char *name = path_basename(e->path);
	uint32_t directory = 0;

	if (name != e->path) {
		_cleanup_free_ char *path = strndup(e->path, (size_t)(name - e->path - 1));
		const struct tree_entry *parent = path ? tree_find(m->tree, path) : NULL;

		if (!path)
			return error_oom(err);
		if (!parent)
			return error_set(err, -ENOENT, "its folder is missing");
		directory = m->nodes[parent - tree_at(m->tree, 0)];
	}
	m->input.names[m->input.n_names++] =
		(struct erofs_name){name, directory, m->nodes[m->first[entry]]};
	return 0;
}

static int make_nodes(struct making *m, struct error **err)
{
	size_t n = tree_count(m->tree);
	int r = 0;

	m->first = tree_first_names(m->tree);
	m->nodes = calloc(n + 1, sizeof *m->nodes);
	m->input.nodes = calloc(n + 1, sizeof *m->input.nodes);
	m->input.names = calloc(n + 1, sizeof *m->input.names);
	m->sources = calloc(n + 1, sizeof *m->sources);
	if (!m->first || !m->nodes || !m->input.nodes || !m->input.names || !m->sources)
		return error_oom(err);
	m->input.nodes[m->input.n_nodes++] =
		(struct erofs_node){.mode = EROFS_MODE_DIRECTORY | 0755};
	for (size_t i = 0; i < n; i++) {
		/* The folder of an entry comes before it in path order. */
		if (m->first[i] == i)
			r = add_node(m, i, err);
		if (r >= 0)
			r = add_name(m, i, err);
		if (r < 0)
			return error_wrap(err, r, "%s", tree_at(m->tree, i)->path);
	}
	return 0;
}

/* A link's target that does not fit beside its inode. */
static int add_link(struct root_image *image, const struct erofs_node *n, struct error **err)
{
	const uint8_t *target = n->tail.p - n->size / BLOCK * BLOCK;

	return pieces_add_bytes(&image->pieces, (uint64_t)n->data * BLOCK,
				SPAN(target, (size_t)n->data_size), err);
}

/* Blocks of a file and, where the layout has no room for it with the inode, what is behind them. */
static int add_file(struct root_image *image, const struct erofs_node *n, const struct source *s,
		    int file, struct error **err)
{
	uint64_t at = (uint64_t)n->data * BLOCK;
	uint64_t whole = n->index.n ? (uint64_t)n->blocks * BLOCK : n->size / BLOCK * BLOCK;
	int r = pieces_add_file(&image->pieces, at, whole, file, s->data, err);

	if (r >= 0 && n->data_size > whole)
		r = pieces_add_file(&image->pieces, at + whole, n->data_size - whole, file, s->tail,
				    err);
	return r;
}

static int add_data(struct making *m, struct root_image *image, const int *files,
		    struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < m->input.n_nodes; i++) {
		const struct erofs_node *n = &m->input.nodes[i];

		if ((n->mode & EROFS_MODE_TYPE) == EROFS_MODE_SYMLINK)
			r = add_link(image, n, err);
		else if ((n->mode & EROFS_MODE_TYPE) == EROFS_MODE_FILE)
			r = add_file(image, n, &m->sources[i], files[m->sources[i].image], err);
	}
	return r;
}

static int put_together(struct making *m, struct root_image *image, struct error **err)
{
	_cleanup_free_ int *files = calloc(m->contents.n_images, sizeof *files);
	int r = files ? 0 : error_oom(err);

	image->pieces.size = (uint64_t)image->plan.blocks * BLOCK;
	for (size_t i = 0; r >= 0 && i < m->contents.n_images; i++) {
		if (m->contents.images[i].path)
			r = pieces_open(&image->pieces, m->contents.images[i].path, &files[i], err);
	}
	for (size_t i = 0; r >= 0 && i < image->plan.n_metadata; i++)
		r = pieces_add_bytes(&image->pieces, image->plan.metadata[i].offset,
				     image->plan.metadata[i].bytes, err);
	if (r >= 0)
		r = add_data(m, image, files, err);
	return r < 0 ? r : pieces_sort(&image->pieces, err);
}

int root_image_make(const struct contents_inputs *in, const uint8_t uuid[16],
		    struct root_image *ret, struct error **err)
{
	_cleanup_(making_release) struct making m = {.tree = in->tree};
	_cleanup_(root_image_release) struct root_image image = {0};
	int r = root_contents_make(in, &m.contents, err);

	if (r < 0)
		return r;
	memcpy(m.input.uuid, uuid, sizeof m.input.uuid);
	r = make_nodes(&m, err);
	if (r >= 0)
		r = erofs_plan_make(&m.input, &image.plan, err);
	if (r >= 0)
		r = put_together(&m, &image, err);
	if (r < 0)
		return error_wrap(err, r, "root.erofs");
	*ret = image;
	image = (struct root_image){0};
	return 0;
}
