#include "fuzz.h"

#include "formats/erofs_piece.h"

/* Inputs are small, but can say that they hold much. */
#define FILES_MAX 64
#define DEPTH_MAX 4
#define CONTENT_MAX (1u << 20)

struct walk {
	const struct erofs *fs;
	int depth;
	int *files;
};

/* Extents follow each other, lie in the image and give as many bytes as they say. */
static void read_content(const struct erofs *fs, const struct erofs_inode *inode)
{
	_cleanup_(buffer_release) struct buffer scratch = BUFFER_INIT(CONTENT_MAX);
	struct erofs_extent e;
	struct erofs_cursor c;
	struct span bytes;
	uint64_t at = 0;

	if (erofs_cursor_init(fs, inode, &c, NULL) < 0)
		return;
	for (int i = 0; i < 64 && erofs_next(&c, &e, NULL) > 0; i++) {
		if (e.offset != at || e.length == 0 || e.physical > fs->image.n ||
		    e.physical_length > fs->image.n - e.physical)
			abort();
		at += e.length;
		if (at > inode->size)
			abort();
		if (erofs_extent_bytes(fs, &e, &scratch, &bytes, NULL) < 0)
			continue;
		if (bytes.n != e.length)
			abort();
	}
}

/* What is taken to another image lies in this one, and its index is as long as is moved. */
static void take_piece(const struct erofs *fs, const struct erofs_inode *inode)
{
	struct erofs_piece p;
	struct span s;

	if (erofs_piece(fs, inode, &p, NULL) < 0)
		return;
	if (p.index.n == 0) {
		if (p.size / 4096 > 0 && !span_slice(fs->image, p.data, p.size / 4096 * 4096, &s))
			abort();
		return;
	}
	if (!span_slice(fs->image, p.data, (uint64_t)p.blocks * 4096, &s))
		abort();

	_cleanup_free_ uint8_t *index = malloc(p.index.n);

	if (!index)
		return;
	memcpy(index, p.index.p, p.index.n);
	erofs_index_move(index, p.size, 1);
}

static int visit(void *context, struct span name, uint64_t nid, struct error **err)
{
	const struct walk *w = context;
	struct walk below = {w->fs, w->depth + 1, w->files};
	struct erofs_inode inode;

	if (name.n == 0 || name.n > EROFS_NAME_MAX || memchr(name.p, '\0', name.n))
		abort();
	(void)err;
	if (++*w->files > FILES_MAX || erofs_inode(w->fs, nid, &inode, NULL) < 0)
		return 0;
	read_content(w->fs, &inode);
	take_piece(w->fs, &inode);
	if (below.depth < DEPTH_MAX)
		(void)!erofs_list(w->fs, &inode, visit, &below, NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct erofs_inode root;
	struct erofs fs;
	int files = 0;
	struct walk w = {&fs, 0, &files};

	if (erofs_open(SPAN(data, size), &fs, NULL) < 0 ||
	    erofs_inode(&fs, fs.root_nid, &root, NULL) < 0)
		return 0;
	read_content(&fs, &root);
	(void)!erofs_list(&fs, &root, visit, &w, NULL);
	return 0;
}
