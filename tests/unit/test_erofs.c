#include "test.h"

#include <errno.h>

#include "formats/erofs.h"
#include "sample_erofs.h"

struct fixture {
	uint8_t *image;
	struct erofs fs;
};

static void make(struct fixture *f)
{
	struct error *err = NULL;

	f->image = sample_erofs();
	assert_done(erofs_open(SPAN(f->image, SAMPLE_SIZE), &f->fs, &err), &err);
}

static void assert_content(const struct erofs *fs, const char *path, char c, size_t n)
{
	_cleanup_(buffer_release) struct buffer content = BUFFER_INIT(65536);
	struct error *err = NULL;
	struct erofs_inode inode;

	assert_done(erofs_find(fs, path, &inode, &err), &err);
	assert_int_equal(inode.size, n);
	assert_done(erofs_read(fs, &inode, &content, &err), &err);
	assert_int_equal(content.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(content.p[i], c);
}

static void reads_files(void **state)
{
	_cleanup_(buffer_release) struct buffer target = BUFFER_INIT(100);
	struct error *err = NULL;
	struct erofs_inode inode;
	struct fixture f;

	(void)state;
	make(&f);
	assert_int_equal(f.fs.inos, 5);
	assert_true(f.fs.checksum_ok);
	assert_content(&f.fs, "file", 'f', SAMPLE_FILE_SIZE);
	assert_content(&f.fs, "packed", 'p', SAMPLE_PACKED_SIZE);
	assert_done(erofs_find(&f.fs, "file", &inode, &err), &err);
	assert_int_equal(inode.mode, 0100640);
	assert_int_equal(inode.uid, 7);
	assert_int_equal(inode.gid, 8);
	assert_done(erofs_find(&f.fs, "link", &inode, &err), &err);
	assert_done(erofs_read(&f.fs, &inode, &target, &err), &err);
	assert_string_equal(buffer_text(&target), "file");
	assert_done(erofs_find(&f.fs, "", &inode, &err), &err);
	assert_int_equal(inode.nid, SAMPLE_ROOT);
	assert_failed(erofs_find(&f.fs, "sub/none", &inode, &err), ENOENT, "EROFS: no 'sub/none'",
		      &err);
	assert_failed(erofs_find(&f.fs, "file/none", &inode, &err), ENOTDIR,
		      "EROFS: inode 60 is no directory", &err);
	free(f.image);
}

static int count(void *context, struct span name, uint64_t nid, struct error **err)
{
	(void)name;
	(void)nid;
	(void)err;
	++*(unsigned *)context;
	return 0;
}

static void lists_directories(void **state)
{
	struct error *err = NULL;
	struct erofs_inode inode;
	struct fixture f;
	unsigned n = 0;

	(void)state;
	make(&f);
	assert_done(erofs_inode(&f.fs, SAMPLE_ROOT, &inode, &err), &err);
	assert_done(erofs_list(&f.fs, &inode, count, &n, &err), &err);
	assert_int_equal(n, 4);
	free(f.image);
}

static void refuses_superblocks(void **state)
{
	struct error *err = NULL;
	struct erofs fs;
	uint8_t *image = sample_erofs();
	struct span s = SPAN(image, SAMPLE_SIZE);

	(void)state;
	assert_failed(erofs_open(SPAN(image, 1100), &fs, &err), ERROR_MALFORMED,
		      "EROFS: no superblock", &err);
	assert_failed(erofs_open(SPAN(image, SAMPLE_SIZE - 1), &fs, &err), ERROR_MALFORMED,
		      "EROFS: 5 blocks do not fit into 20479 bytes", &err);
	image[1024 + 12] = 30;
	assert_failed(erofs_open(s, &fs, &err), ERROR_MALFORMED, "EROFS: blocks of 2^30 bytes",
		      &err);
	image[1024 + 12] = 12;
	put_le32(image + 1024 + 80, 0x101);
	assert_failed(erofs_open(s, &fs, &err), ERROR_UNSUPPORTED,
		      "EROFS: features 0x100 are not known", &err);
	put_le32(image + 1024 + 80, 1);
	image[1024 + 90] = 1;
	assert_failed(erofs_open(s, &fs, &err), ERROR_UNSUPPORTED,
		      "EROFS: directory blocks of another size", &err);
	image[1024 + 90] = 0;
	image[1024 + 8] = 1; /* says that it has a checksum */
	assert_done(erofs_open(s, &fs, &err), &err);
	assert_false(fs.checksum_ok);
	free(image);
}

/* Reads "file" or "packed" of a damaged image. */
static int read_path(struct fixture *f, const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer content = BUFFER_INIT(65536);
	struct erofs_inode inode;
	int r = erofs_find(&f->fs, path, &inode, err);

	return r < 0 ? r : erofs_read(&f->fs, &inode, &content, err);
}

static void refuses_flat_files(void **state)
{
	struct error *err = NULL;
	struct erofs_inode inode;
	struct fixture f;
	uint8_t *file;

	(void)state;
	make(&f);
	file = f.image + SAMPLE_FILE * 32;
	put_le32(file + 16, SAMPLE_BLOCKS - 1);
	assert_failed(read_path(&f, "file", &err), ERROR_MALFORMED,
		      "EROFS: inode 60: its content lies outside the image", &err);
	put_le32(file + 8, 70000);
	assert_failed(read_path(&f, "file", &err), EFBIG,
		      "EROFS: inode 60 has 70000 bytes, more than 65536", &err);
	file[0] = EROFS_CHUNK_BASED << 1;
	assert_failed(read_path(&f, "file", &err), ERROR_UNSUPPORTED,
		      "EROFS: inode 60: made of chunks", &err);
	file[0] = 7 << 1;
	assert_failed(read_path(&f, "file", &err), ERROR_UNSUPPORTED,
		      "EROFS: inode 60 has the format 0xe, which is not known", &err);
	assert_failed(erofs_inode(&f.fs, SAMPLE_SIZE / 32, &inode, &err), ERROR_MALFORMED,
		      "EROFS: inode 640 lies outside the image", &err);
	assert_failed(erofs_inode(&f.fs, UINT64_MAX, &inode, &err), ERROR_MALFORMED,
		      "EROFS: inode 18446744073709551615 lies outside the image", &err);
	free(f.image);
}

static void refuses_compressed_files(void **state)
{
	struct error *err = NULL;
	struct fixture f;
	uint8_t *inode, *index;

	(void)state;
	make(&f);
	inode = f.image + SAMPLE_PACKED * 32;
	index = f.image + SAMPLE_PACKED_INDEX;
	put_le32(index + 4, 100);
	assert_failed(read_path(&f, "packed", &err), ERROR_MALFORMED,
		      "EROFS: inode 62: an extent lies outside the image", &err);
	put_le32(index + 4, 0); /* the block of the metadata: no LZ4 */
	assert_failed(read_path(&f, "packed", &err), ERROR_MALFORMED,
		      "EROFS: the LZ4 cluster at 4096 is damaged", &err);
	put_le16(index, 2 << 12);
	assert_failed(read_path(&f, "packed", &err), ERROR_MALFORMED,
		      "EROFS: inode 62: its extents do not follow each other", &err);
	put_le16(index, 0); /* PLAIN, but of two clusters in one block */
	assert_failed(read_path(&f, "packed", &err), ERROR_MALFORMED,
		      "EROFS: inode 62: an extent is longer than its blocks", &err);
	put_le16(index, 1 << 12);
	inode[32 + 6] = 3;
	assert_failed(read_path(&f, "packed", &err), ERROR_UNSUPPORTED,
		      "EROFS: inode 62: compressed with zstd", &err);
	inode[32 + 4] = 0x08;
	assert_failed(read_path(&f, "packed", &err), ERROR_UNSUPPORTED,
		      "EROFS: inode 62: its tail is packed into the inode (ztailpacking)", &err);
	inode[32 + 4] = 0x20;
	assert_failed(read_path(&f, "packed", &err), ERROR_UNSUPPORTED,
		      "EROFS: inode 62: packed into another file (fragments)", &err);
	inode[32 + 4] = 0;
	put_le32(inode + 8, 0xfffffff0);
	assert_failed(read_path(&f, "packed", &err), ERROR_MALFORMED,
		      "EROFS: inode 62: its size does not fit its index", &err);
	free(f.image);
}

static void refuses_directories(void **state)
{
	struct error *err = NULL;
	struct erofs_inode inode;
	struct fixture f;
	unsigned n = 0;
	uint8_t *entry;

	(void)state;
	make(&f);
	assert_done(erofs_inode(&f.fs, SAMPLE_ROOT, &inode, &err), &err);
	entry = f.image + SAMPLE_ROOT * 32 + 32;
	put_le16(entry + 8, 13);
	assert_failed(erofs_list(&f.fs, &inode, count, &n, &err), ERROR_MALFORMED,
		      "EROFS: directory 40 is damaged: names at 13", &err);
	put_le16(entry + 8, 60000);
	assert_failed(erofs_list(&f.fs, &inode, count, &n, &err), ERROR_MALFORMED,
		      "EROFS: directory 40 is damaged: names at 60000", &err);
	put_le16(entry + 8, 72);
	put_le16(entry + 12 + 8, 71);
	assert_failed(erofs_list(&f.fs, &inode, count, &n, &err), ERROR_MALFORMED,
		      "EROFS: directory 40 is damaged: the name of entry 0", &err);
	put_le16(entry + 12 + 8, 73);
	entry[72 + 4] = '/';
	assert_failed(erofs_list(&f.fs, &inode, count, &n, &err), ERROR_MALFORMED,
		      "EROFS: directory 40 is damaged: the name of entry 2", &err);
	free(f.image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_files),
		cmocka_unit_test(lists_directories),
		cmocka_unit_test(refuses_superblocks),
		cmocka_unit_test(refuses_flat_files),
		cmocka_unit_test(refuses_compressed_files),
		cmocka_unit_test(refuses_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
