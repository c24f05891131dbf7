/* EROFS and verity partitions. */
#include "inspect/inspection_parts.h"

#include <errno.h>

static int read_packages(struct inspect_partition *p, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PACKAGE_LIST_MAX);
	struct error *e = NULL;
	struct erofs_inode inode;
	int r = erofs_find(&p->erofs, PACKAGE_LIST_PATH, &inode, &e);

	if (r >= 0 && (inode.mode & EROFS_MODE_TYPE) != EROFS_MODE_FILE)
		r = error_set(&e, -ERROR_MALFORMED, "'%s' is no file", PACKAGE_LIST_PATH);
	if (r >= 0)
		r = erofs_read(&p->erofs, &inode, &text, &e);
	if (r >= 0)
		r = package_list_parse(buffer_span(&text), &p->packages, &e);
	return r < 0 ? inspect_problem(r, e, &p->packages_problem, err) : 0;
}

int inspect_erofs(struct inspect_partition *p, struct error **err)
{
	struct error *e = NULL;
	int r = erofs_open(p->content, &p->erofs, &e);

	if (r < 0)
		return inspect_problem(r, e, &p->problem, err);
	if (!p->erofs.checksum_ok) {
		p->problem = strdup("EROFS: the checksum of the superblock is wrong");
		if (!p->problem)
			return error_oom(err);
	}
	return read_packages(p, err);
}

/* The root hash is that of the top block of the tree, the first after the superblock. */
int inspect_verity(struct inspect_partition *p, struct error **err)
{
	struct error *e = NULL;
	struct span top;
	int r = verity_parse_superblock(p->content, &p->verity, &e);

	if (r >= 0 && p->verity.data_blocks < 2)
		r = error_set(&e, -ERROR_UNSUPPORTED, "a hash tree of a single block of data");
	p->tree_unknown = r < 0;
	if (r >= 0 && (verity_size(p->verity.data_blocks) > p->content.n ||
		       !span_slice(p->content, VERITY_BLOCK_SIZE, VERITY_BLOCK_SIZE, &top)))
		r = error_set(&e, -ERROR_MALFORMED, "the hash tree lies outside the partition");
	if (r >= 0)
		r = verity_hash_blocks(&p->verity, top, p->root_hash, &e);
	if (r < 0) {
		p->verity.data_blocks = 0;
		return inspect_problem(r, e, &p->problem, err);
	}
	hex_encode(SPAN(p->root_hash, sizeof(p->root_hash)), p->root_hash_hex);
	return 0;
}
