/* An EROFS image laid out, read back by the reader; what mkfs.erofs makes of the same is compared in oracle/erofs. */
#include "test.h"

#include <errno.h>

#include "formats/erofs.h"
#include "formats/erofs_piece.h"
#include "formats/erofs_plan.h"

#define BLOCK 4096u
#define DIRECTORY (EROFS_MODE_DIRECTORY | 0755)
#define FILE_MODE (EROFS_MODE_FILE | 0644)
/* The index of a file of 12 blocks: the header, three packs of two, and three of what is left. */
#define INDEX_SIZE 56u

enum {
	ROOT,
	FOLDER,
	SHORT,
	EMPTY,
	LINK,
	LARGE,
	PACKED,
	NODES,
};

static const uint8_t text[] = "a few bytes";

/* As mkfs.erofs would have made it for data at block 7. */
static void make_index(uint8_t *index)
{
	put_le16(index + 4, 7);
	for (size_t at = 8 + 4; at < INDEX_SIZE; at += 8)
		put_le32(index + at, 7);
}

static void make_nodes(struct erofs_node *nodes, const uint8_t *index)
{
	nodes[ROOT] = (struct erofs_node){.mode = DIRECTORY};
	nodes[FOLDER] = (struct erofs_node){.mode = DIRECTORY};
	nodes[SHORT] = (struct erofs_node){
		.mode = FILE_MODE,
		.uid = 70000,
		.gid = 5,
		.size = sizeof text - 1,
		.tail = SPAN(text, sizeof text - 1),
	};
	nodes[EMPTY] = (struct erofs_node){.mode = FILE_MODE};
	nodes[LINK] = (struct erofs_node){
		.mode = EROFS_MODE_SYMLINK | 0777, .size = 5, .tail = SPAN(text, 5)};
	nodes[LARGE] = (struct erofs_node){
		.mode = FILE_MODE, .size = 2 * BLOCK + 1, .tail = SPAN(text, 1)};
	nodes[PACKED] = (struct erofs_node){
		.mode = FILE_MODE,
		.size = 12 * BLOCK,
		.index = SPAN(index, INDEX_SIZE),
		.index_base = 7,
		.blocks = 3,
	};
}

struct fixture {
	uint8_t index[INDEX_SIZE];
	struct erofs_node nodes[NODES];
	struct erofs_name names[8];
	struct erofs_plan_input input;
	struct erofs_plan plan;
	struct buffer image;
	struct erofs fs;
};

static void setup(struct fixture *f)
{
	static const struct erofs_name names[] = {
		{"z", ROOT, SHORT},   {"folder", ROOT, FOLDER}, {"-", ROOT, EMPTY},
		{"link", ROOT, LINK}, {"large", FOLDER, LARGE}, {"again", FOLDER, SHORT},
		{"p", FOLDER, PACKED}};

	*f = (struct fixture){0};
	make_index(f->index);
	make_nodes(f->nodes, f->index);
	memcpy(f->names, names, sizeof names);
	f->input = (struct erofs_plan_input){
		.nodes = f->nodes,
		.n_nodes = NODES,
		.names = f->names,
		.n_names = ARRAY_SIZE(names),
		.uuid = {1, 2, 3},
	};
}

static void lay_out(struct fixture *f)
{
	struct error *err = NULL;

	assert_done(erofs_plan_make(&f->input, &f->plan, &err), &err);
	f->image = (struct buffer)BUFFER_INIT(1u << 20);
	assert_non_null(buffer_extend(&f->image, (size_t)f->plan.blocks * BLOCK));
	for (size_t i = 0; i < f->plan.n_metadata; i++)
		memcpy(f->image.p + f->plan.metadata[i].offset, f->plan.metadata[i].bytes.p,
		       f->plan.metadata[i].bytes.n);
	assert_done(erofs_open(buffer_span(&f->image), &f->fs, &err), &err);
}

static void teardown(struct fixture *f)
{
	erofs_plan_release(&f->plan);
	buffer_release(&f->image);
}

static struct erofs_inode find(const struct fixture *f, const char *path)
{
	struct erofs_inode inode = {0};
	struct error *err = NULL;

	assert_done(erofs_find(&f->fs, path, &inode, &err), &err);
	return inode;
}

static void assert_content(const struct fixture *f, const char *path, struct span expected)
{
	_cleanup_(buffer_release) struct buffer content = BUFFER_INIT(BLOCK);
	struct erofs_inode inode = find(f, path);
	struct error *err = NULL;

	assert_done(erofs_read(&f->fs, &inode, &content, &err), &err);
	assert_true(span_equal(buffer_span(&content), expected));
}

static void test_tree(void **state)
{
	struct error *err = NULL;
	struct erofs_inode inode;
	struct fixture f;

	(void)state;
	setup(&f);
	lay_out(&f);
	assert_true(f.fs.checksum_ok);
	assert_int_equal(f.fs.inos, NODES);
	assert_memory_equal(f.fs.uuid, f.input.uuid, 16);
	assert_content(&f, "z", SPAN(text, sizeof text - 1));
	assert_content(&f, "folder/again", SPAN(text, sizeof text - 1));
	assert_content(&f, "-", SPAN(text, 0));
	assert_content(&f, "link", SPAN(text, 5));
	inode = find(&f, "z");
	assert_int_equal(inode.uid, 70000);
	assert_int_equal(inode.gid, 5);
	assert_int_equal(inode.nlink, 2);
	assert_int_equal(inode.mode, FILE_MODE);
	inode = find(&f, "folder");
	assert_int_equal(inode.nlink, 2);
	assert_done(erofs_inode(&f.fs, f.fs.root_nid, &inode, &err), &err);
	assert_int_equal(inode.nlink, 3);
	teardown(&f);
}

/* Data of one file lie in one piece, with nothing else in it; an index moves with its data. */
static void test_data(void **state)
{
	struct error *err = NULL;
	struct erofs_piece piece;
	struct erofs_inode inode;
	struct fixture f;

	(void)state;
	setup(&f);
	lay_out(&f);
	assert_int_equal(f.nodes[LARGE].data_size, 2 * BLOCK);
	inode = find(&f, "folder/large");
	assert_done(erofs_piece(&f.fs, &inode, &piece, &err), &err);
	assert_int_equal(piece.data, (uint64_t)f.nodes[LARGE].data * BLOCK);
	assert_true(span_equal(piece.tail, SPAN(text, 1)));
	for (size_t i = 0; i < f.plan.n_metadata; i++) {
		uint64_t block = f.plan.metadata[i].offset / BLOCK;

		assert_true(block < f.nodes[LARGE].data || block >= f.nodes[LARGE].data + 2);
		assert_true(block < f.nodes[PACKED].data || block >= f.nodes[PACKED].data + 3);
	}
	assert_true(f.nodes[PACKED].data + 3 <= f.plan.blocks);
	inode = find(&f, "folder/p");
	assert_int_equal(inode.layout, EROFS_COMPRESSED_COMPACT);
	assert_int_equal(inode.i_u, 3);
	for (size_t at = 8 + 4; at < INDEX_SIZE; at += 8)
		assert_int_equal(get_le32(f.image.p + inode.end + at), f.nodes[PACKED].data);
	teardown(&f);
}

/* The same whatever the order in which names and nodes come. */
static void test_order(void **state)
{
	struct fixture a, b;

	(void)state;
	setup(&a);
	lay_out(&a);
	setup(&b);
	for (size_t i = 0; i < b.input.n_names; i++)
		b.names[i] = a.names[b.input.n_names - 1 - i];
	lay_out(&b);
	assert_true(span_equal(buffer_span(&a.image), buffer_span(&b.image)));
	teardown(&a);
	teardown(&b);
}

static void test_refused(void **state)
{
	struct error *err = NULL;
	struct fixture f;

	(void)state;
	setup(&f);
	f.input.n_nodes = 0;
	assert_failed(erofs_plan_make(&f.input, &f.plan, &err), EINVAL,
		      "EROFS: no tree of 1 to 16777216 nodes", &err);
	f.input.n_nodes = NODES;
	f.names[0].directory = EMPTY;
	assert_failed(erofs_plan_make(&f.input, &f.plan, &err), EINVAL,
		      "EROFS: no name of a directory: 'z'", &err);
	setup(&f);
	f.input.n_names--;
	assert_failed(erofs_plan_make(&f.input, &f.plan, &err), EINVAL,
		      "EROFS: a node without name", &err);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
