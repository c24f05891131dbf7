#include "formats/erofs_plan.h"

#include <errno.h>
#include <inttypes.h>

#include "formats/erofs.h"
#include "formats/erofs_piece.h"
#include "formats/erofs_space.h"
#include "formats/erofs_superblock.h"

#define BLOCK EROFS_SPACE_BLOCK
#define BLOCK_BITS 12u
#define INODE_SIZE 64u
#define INODE_SLOT 32u
#define DIRENT_SIZE 12u
#define NO_BLOCK UINT32_MAX

/* struct z_erofs_lz4_cfgs and its length, behind the superblock. */
#define LZ4_CONFIGURATION_SIZE 16u
#define LZ4_DISTANCE 0xffffu
#define CLUSTER_BLOCKS 16u

#define COMPAT_MTIME 0x2u
#define INCOMPAT_ZERO_PADDING 0x1u
#define INCOMPAT_COMPRESSION_CONFIGURATION 0x2u
#define ALGORITHM_LZ4 0x1u

enum {
	TYPE_FILE = 1,
	TYPE_DIRECTORY = 2,
	TYPE_SYMLINK = 7,
};

/* What is known of a node while it is laid out. */
struct place {
	struct erofs_item inode;
	struct erofs_item tail; /* region 0: it is not with the inode */
	uint32_t data;		/* region of whole blocks, 0 for none */
	uint32_t number;	/* serial number, 0: not yet laid out */
	uint32_t links;
	uint32_t parent;
	enum erofs_layout layout;
	/* Of a directory: its entries with "." and "..". */
	size_t first, n;
	uint32_t next; /* directory to be filled after this one */
};

struct layout {
	const struct erofs_plan_input *in;
	struct erofs_space *space;
	struct place *places;
	struct erofs_name *names; /* of all directories, with "." and ".." */
	size_t n_names;
	uint32_t super; /* region */
	uint32_t inodes;
};

static void layout_release(struct layout *l)
{
	erofs_space_free(l->space);
	free(l->places);
	free(l->names);
}

static bool is_directory(const struct erofs_node *n)
{
	return (n->mode & EROFS_MODE_TYPE) == EROFS_MODE_DIRECTORY;
}

static bool is_compressed(const struct erofs_node *n)
{
	return n->index.n > 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct erofs_name *x = a, *y = b;

	if (x->directory != y->directory)
		return x->directory < y->directory ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int check_input(const struct erofs_plan_input *in, struct error **err)
{
	if (in->n_nodes == 0 || in->n_nodes > EROFS_NODES_MAX || in->n_names > EROFS_NODES_MAX ||
	    !is_directory(&in->nodes[0]))
		return error_set(err, -EINVAL, "EROFS: no tree of 1 to %u nodes", EROFS_NODES_MAX);
	for (size_t i = 0; i < in->n_names; i++) {
		const struct erofs_name *name = &in->names[i];

		if (name->node == 0 || name->node >= in->n_nodes ||
		    name->directory >= in->n_nodes || !is_directory(&in->nodes[name->directory]) ||
		    strlen(name->name) > EROFS_NAME_MAX || !name->name[0])
			return error_set(err, -EINVAL, "EROFS: no name of a directory: '%s'",
					 name->name);
	}
	return 0;
}

/* Entries of each directory in the order of their bytes, "." and ".." among them; parents and links. */
static int sort_names(struct layout *l, struct error **err)
{
	const struct erofs_plan_input *in = l->in;
	size_t n = in->n_names;

	l->names = calloc(in->n_names + 2 * in->n_nodes, sizeof *l->names);
	if (!l->names)
		return error_oom(err);
	for (size_t i = 0; i < n; i++) {
		const struct erofs_name *name = &in->names[i];

		l->names[i] = *name;
		l->places[name->node].links++;
		if (is_directory(&in->nodes[name->node])) {
			l->places[name->node].parent = name->directory;
			l->places[name->directory].links++;
		}
	}
	l->places[0].links++;
	for (size_t i = 0; i < in->n_nodes; i++) {
		if (!is_directory(&in->nodes[i]))
			continue;
		l->places[i].links++;
		l->names[n++] = (struct erofs_name){".", (uint32_t)i, (uint32_t)i};
		l->names[n++] = (struct erofs_name){"..", (uint32_t)i, l->places[i].parent};
	}
	qsort(l->names, n, sizeof *l->names, compare_names);
	l->n_names = n;
	for (size_t i = 0; i < n; i++) {
		struct place *p = &l->places[l->names[i].directory];

		if (p->n++ == 0)
			p->first = i;
	}
	return 0;
}

static size_t dirent_size(const struct erofs_name *name)
{
	return DIRENT_SIZE + strlen(name->name);
}

/* Entries that fit into the block that begins with entry i. */
static size_t entries_of_block(const struct layout *l, const struct place *p, size_t i,
			       size_t *ret_size)
{
	size_t n = 0, size = 0;

	while (i + n < p->n && size + dirent_size(&l->names[p->first + i + n]) <= BLOCK)
		size += dirent_size(&l->names[p->first + i + n++]);
	*ret_size = size;
	return n;
}

static uint64_t directory_size(const struct layout *l, const struct place *p)
{
	uint64_t size = 0;
	size_t last = 0;

	for (size_t i = 0; i < p->n;) {
		size = align_up(size, BLOCK);
		i += entries_of_block(l, p, i, &last);
		size += last;
	}
	return size;
}

/* The inode, with its index or the tail of its data behind it where that fits into the block. */
static int take_inode(struct layout *l, uint32_t number, struct error **err)
{
	struct erofs_node *n = &l->in->nodes[number];
	struct place *p = &l->places[number];
	uint32_t tail = is_compressed(n) ? 0 : (uint32_t)(n->size % BLOCK);
	uint64_t size = INODE_SIZE + n->index.n;
	int r;

	p->layout = is_compressed(n) ? EROFS_COMPRESSED_COMPACT
		    : tail	     ? EROFS_FLAT_INLINE
				     : EROFS_FLAT_PLAIN;
	p->number = ++l->inodes;
	r = erofs_space_take(l->space, EROFS_SPACE_INODE, size, tail, &p->inode, err);
	if (r >= 0 && tail)
		return erofs_space_append(l->space, p->inode.region, tail, &p->tail, err);
	if (r != -ENOSPC)
		return r;

	/* The tail gets a block of its own, behind the others. */
	struct erofs_item ignored;

	p->layout = EROFS_FLAT_PLAIN;
	r = p->data ? erofs_space_append(l->space, p->data, BLOCK, &ignored, err) : 0;
	if (r >= 0)
		r = erofs_space_take(l->space, EROFS_SPACE_INODE, size, 0, &p->inode, err);
	return r == -ENOSPC ? error_set(err, r, "EROFS: an inode fits nowhere") : r;
}

/* Whole blocks of data, at the end of what has addresses. */
static int take_blocks(struct layout *l, uint32_t number, enum erofs_space_kind kind,
		       uint64_t blocks, struct error **err)
{
	struct erofs_item item;
	int r = erofs_space_take(l->space, kind, blocks * BLOCK, 0, &item, err);

	if (r < 0)
		return r == -ENOSPC ? error_set(err, r, "EROFS: data fit nowhere") : r;
	l->places[number].data = item.region;
	l->in->nodes[number].data = erofs_space_place(l->space, item.region);
	return 0;
}

static void close_data(struct layout *l, struct place *p)
{
	if (p->data)
		erofs_space_close(l->space, p->data);
}

/* A file or a link: data, then the inode. */
static int take_file(struct layout *l, uint32_t number, struct error **err)
{
	struct erofs_node *n = &l->in->nodes[number];
	struct place *p = &l->places[number];
	uint64_t blocks = is_compressed(n) ? n->blocks : n->size / BLOCK;
	int r = blocks ? take_blocks(l, number, EROFS_SPACE_DATA, blocks, err) : 0;

	if (r >= 0 && is_compressed(n))
		close_data(l, p);
	if (r >= 0)
		r = take_inode(l, number, err);
	if (r < 0 || is_compressed(n))
		return r;
	n->data_size = p->layout == EROFS_FLAT_INLINE ? blocks * BLOCK : n->size;
	if (!p->data && p->layout == EROFS_FLAT_PLAIN && n->size > 0)
		r = take_blocks(l, number, EROFS_SPACE_DATA, 1, err);
	close_data(l, p);
	return r;
}

/* What the entries of a directory say is known once all that are in it have addresses. */
static int take_directory_data(struct layout *l, uint32_t number, struct error **err)
{
	struct place *p = &l->places[number];
	uint64_t size = l->in->nodes[number].size;
	uint64_t blocks =
		p->layout == EROFS_FLAT_INLINE ? size / BLOCK : (size + BLOCK - 1) / BLOCK;
	bool late = size < BLOCK;
	int r = blocks && !late ? take_blocks(l, number, EROFS_SPACE_DIRECTORY_DATA, blocks, err)
				: 0;

	for (size_t i = 0; r >= 0 && i < p->n; i++)
		erofs_space_place(l->space, l->places[l->names[p->first + i].node].inode.region);
	if (r >= 0 && blocks && late)
		r = take_blocks(l, number, EROFS_SPACE_DIRECTORY_DATA, blocks, err);
	if (r >= 0)
		close_data(l, p);
	return r;
}

static int take(struct layout *l, uint32_t number, struct error **err)
{
	struct erofs_node *n = &l->in->nodes[number];

	if (!is_directory(n))
		return take_file(l, number, err);
	n->size = directory_size(l, &l->places[number]);
	return take_inode(l, number, err);
}

/* Inodes of all that is in a directory and not laid out yet. Returns directories among them as a list. */
static int take_children(struct layout *l, uint32_t directory, uint32_t **last, struct error **err)
{
	const struct place *p = &l->places[directory];

	for (size_t i = 0; i < p->n; i++) {
		const struct erofs_name *name = &l->names[p->first + i];
		int r;

		if (l->places[name->node].number)
			continue;
		r = take(l, name->node, err);
		if (r < 0)
			return r;
		if (is_directory(&l->in->nodes[name->node])) {
			**last = name->node;
			*last = &l->places[name->node].next;
		}
	}
	return 0;
}

static int take_all(struct layout *l, struct error **err)
{
	struct erofs_item item;
	uint32_t directory = 0;
	int r = erofs_space_take(l->space, EROFS_SPACE_META, 0, 0, &item, err);

	l->super = item.region;
	if (r >= 0)
		r = erofs_space_append(l->space, l->super, EROFS_SUPERBLOCK_END, &item, err);
	if (r >= 0) {
		erofs_space_place(l->space, l->super);
		r = erofs_space_append(l->space, l->super, LZ4_CONFIGURATION_SIZE, &item, err);
	}
	if (r >= 0)
		r = take(l, 0, err);
	if (r < 0)
		return r;
	erofs_space_place(l->space, l->places[0].inode.region);
	l->places[0].next = NO_BLOCK;
	while (directory != NO_BLOCK) {
		uint32_t waiting = l->places[directory].next;
		uint32_t head = NO_BLOCK, *last = &head;

		r = take_children(l, directory, &last, err);
		if (r >= 0)
			r = take_directory_data(l, directory, err);
		if (r < 0)
			return r;
		/* Those inside come first. */
		*last = waiting;
		directory = head;
	}
	return 0;
}

static uint64_t address_of(const struct layout *l, const struct erofs_item *item)
{
	return (uint64_t)erofs_space_region(l->space, item->region)->address * BLOCK + item->offset;
}

static uint64_t nid_of(const struct layout *l, uint32_t number)
{
	return address_of(l, &l->places[number].inode) / INODE_SLOT;
}

struct filler {
	const struct layout *l;
	uint8_t *bytes;
	size_t *starts; /* of each region in them */
};

static uint8_t *at(const struct filler *f, const struct erofs_item *item)
{
	return f->bytes + f->starts[item->region] + item->offset;
}

static uint32_t inode_union(const struct erofs_node *n, const struct place *p)
{
	if (is_compressed(n))
		return n->blocks;
	if (p->data)
		return n->data;
	return n->size ? NO_BLOCK : 0;
}

static void fill_inode(const struct filler *f, uint32_t number)
{
	const struct erofs_node *n = &f->l->in->nodes[number];
	const struct place *p = &f->l->places[number];
	uint8_t *b = at(f, &p->inode);

	put_le16(b, (uint16_t)(1 | p->layout << 1));
	put_le16(b + 4, (uint16_t)n->mode);
	put_le64(b + 8, n->size);
	put_le32(b + 16, inode_union(n, p));
	put_le32(b + 20, p->number);
	put_le32(b + 24, n->uid);
	put_le32(b + 28, n->gid);
	put_le32(b + 44, p->links);
	if (is_compressed(n)) {
		memcpy(b + INODE_SIZE, n->index.p, n->index.n);
		erofs_index_move(b + INODE_SIZE, n->size, n->data - n->index_base);
	}
	if (p->tail.region && !is_directory(n))
		memcpy(at(f, &p->tail), n->tail.p, n->tail.n);
}

static uint8_t entry_type(const struct erofs_node *n)
{
	switch (n->mode & EROFS_MODE_TYPE) {
	case EROFS_MODE_DIRECTORY:
		return TYPE_DIRECTORY;
	case EROFS_MODE_SYMLINK:
		return TYPE_SYMLINK;
	default:
		return TYPE_FILE;
	}
}

/* `n` entries and, behind them, their names. */
static void fill_entries(const struct filler *f, const struct erofs_name *names, size_t n,
			 uint8_t *b)
{
	size_t name_offset = n * DIRENT_SIZE;

	for (size_t i = 0; i < n; i++) {
		uint8_t *entry = b + i * DIRENT_SIZE;
		size_t length = strlen(names[i].name);

		put_le64(entry, nid_of(f->l, names[i].node));
		put_le16(entry + 8, (uint16_t)name_offset);
		entry[10] = entry_type(&f->l->in->nodes[names[i].node]);
		memcpy(b + name_offset, names[i].name, length);
		name_offset += length;
	}
}

static void fill_directory(const struct filler *f, uint32_t number)
{
	const struct place *p = &f->l->places[number];
	uint64_t block = 0, whole = f->l->in->nodes[number].size / BLOCK;
	size_t size;

	for (size_t i = 0; i < p->n; block++) {
		struct erofs_item item = {p->data, block * BLOCK};
		size_t n = entries_of_block(f->l, p, i, &size);
		bool inlined = block == whole && p->tail.region;

		fill_entries(f, &f->l->names[p->first + i], n, at(f, inlined ? &p->tail : &item));
		i += n;
	}
}

static void fill_superblock(const struct filler *f, uint32_t blocks)
{
	const struct erofs_item start = {f->l->super, 0};
	uint8_t *first = at(f, &start);
	uint8_t *b = first + EROFS_SUPER_OFFSET, *lz4 = first + EROFS_SUPERBLOCK_END;
	uint32_t sum = 0;

	put_le32(b, EROFS_SUPER_MAGIC);
	put_le32(b + 8, EROFS_COMPAT_SB_CHKSUM | COMPAT_MTIME);
	b[12] = BLOCK_BITS;
	put_le16(b + 14, (uint16_t)nid_of(f->l, 0));
	put_le64(b + 16, f->l->inodes);
	put_le32(b + 36, blocks);
	memcpy(b + 48, f->l->in->uuid, sizeof f->l->in->uuid);
	put_le32(b + 80, INCOMPAT_ZERO_PADDING | INCOMPAT_COMPRESSION_CONFIGURATION);
	put_le16(b + 84, ALGORITHM_LZ4);
	put_le16(lz4, LZ4_CONFIGURATION_SIZE - 2);
	put_le16(lz4 + 2, LZ4_DISTANCE);
	put_le16(lz4 + 4, CLUSTER_BLOCKS);
	if (erofs_checksum(SPAN(first, BLOCK), BLOCK_BITS, &sum))
		put_le32(b + 4, sum);
}

static int compare_metadata(const void *a, const void *b)
{
	const struct erofs_metadata *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Makes room for all regions of metadata. */
static int make_room(const struct layout *l, struct filler *f, struct erofs_plan *ret,
		     struct error **err)
{
	size_t n = erofs_space_count(l->space), total = 0;

	f->starts = calloc(n, sizeof *f->starts);
	ret->metadata = calloc(n, sizeof *ret->metadata);
	if (!f->starts || !ret->metadata)
		return error_oom(err);
	for (size_t i = 1; i < n; i++) {
		const struct erofs_region *g = erofs_space_region(l->space, (uint32_t)i);

		f->starts[i] = total;
		if (g->meta)
			total += (size_t)g->blocks * BLOCK;
		if (total > EROFS_METADATA_MAX)
			return error_set(err, -EFBIG, "EROFS: more than %u bytes of metadata",
					 EROFS_METADATA_MAX);
	}
	f->bytes = buffer_extend(&ret->bytes, total);
	if (!f->bytes)
		return error_oom(err);
	for (size_t i = 1; i < n; i++) {
		const struct erofs_region *g = erofs_space_region(l->space, (uint32_t)i);

		if (g->meta && g->blocks)
			ret->metadata[ret->n_metadata++] = (struct erofs_metadata){
				(uint64_t)g->address * BLOCK,
				SPAN(f->bytes + f->starts[i], (size_t)g->blocks * BLOCK)};
	}
	qsort(ret->metadata, ret->n_metadata, sizeof *ret->metadata, compare_metadata);
	return 0;
}

static int fill(struct layout *l, struct erofs_plan *ret, struct error **err)
{
	struct filler f = {.l = l};
	int r;

	ret->blocks = erofs_space_end(l->space);
	r = make_room(l, &f, ret, err);
	for (uint32_t i = 0; r >= 0 && i < l->in->n_nodes; i++) {
		if (!l->places[i].number)
			r = error_set(err, -EINVAL, "EROFS: a node without name");
		else
			fill_inode(&f, i);
		if (r >= 0 && is_directory(&l->in->nodes[i]))
			fill_directory(&f, i);
	}
	if (r >= 0)
		fill_superblock(&f, ret->blocks);
	free(f.starts);
	return r;
}

int erofs_plan_make(const struct erofs_plan_input *in, struct erofs_plan *ret, struct error **err)
{
	_cleanup_(erofs_plan_release) struct erofs_plan result = {
		.bytes = BUFFER_INIT(EROFS_METADATA_MAX)};
	_cleanup_(layout_release) struct layout l = {.in = in};
	int r = check_input(in, err);

	if (r < 0)
		return r;
	l.space = erofs_space_new();
	l.places = calloc(in->n_nodes, sizeof *l.places);
	r = l.space && l.places ? sort_names(&l, err) : error_oom(err);
	if (r >= 0)
		r = take_all(&l, err);
	if (r >= 0)
		r = fill(&l, &result, err);
	if (r < 0)
		return r;
	*ret = result;
	result = (struct erofs_plan){0};
	return 0;
}

void erofs_plan_release(struct erofs_plan *l)
{
	free(l->metadata);
	buffer_release(&l->bytes);
	*l = (struct erofs_plan){0};
}
