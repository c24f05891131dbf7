/* Pieces, and the file that they become. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "image/sparse_write.h"

#define BLOCK 4096u
#define LARGE_SIZE (9u << 20)
#define LONG_START (3u << 20)
#define LONG_END (6u << 20)

struct fixture {
	char *folder, *path, *source;
	struct pieces pieces;
};

static void setup(struct fixture *f)
{
	*f = (struct fixture){.folder = test_folder()};
	f->path = path_join(f->folder, "image");
	f->source = path_join(f->folder, "source");
	assert_non_null(f->path);
	assert_non_null(f->source);
}

static void teardown(struct fixture *f)
{
	pieces_release(&f->pieces);
	test_folder_free(f->folder);
	free(f->path);
	free(f->source);
}

/* Writes the file, which must have the expected bytes, and the digest of them. */
static void assert_written(struct fixture *f, struct span expected)
{
	_cleanup_(digest_stream_freep) struct digest_stream *digest = NULL;
	_cleanup_(file_map_release) struct file_map map = {0};
	struct digest want = digest_bytes(DIGEST_SHA256, expected), got;
	struct error *err = NULL;

	f->pieces.size = expected.n;
	assert_done(pieces_sort(&f->pieces, &err), &err);
	assert_done(sparse_write(&f->pieces, f->path, &digest, &err), &err);
	got = digest_stream_end(digest);
	assert_true(digest_equal(&want, &got));
	assert_done(file_map(f->path, &map, &err), &err);
	assert_true(span_equal(map.data, expected));
}

/* Pieces of all lengths from `from` to `to`, the last first; some are left out. */
static void add_pieces(struct fixture *f, uint8_t *bytes, size_t from, size_t to, int file)
{
	struct error *err = NULL;

	for (size_t n = 1; to > from; n = n * 3 % 90001 + 1) {
		size_t size = MIN(n, to - from);
		int r = 0;

		to -= size;
		if (n % 2)
			r = pieces_add_bytes(&f->pieces, to, SPAN(bytes + to, size), &err);
		else if (n % 8)
			r = pieces_add_file(&f->pieces, to, size, file, to, &err);
		else
			memset(bytes + to, 0, size);
		assert_done(r, &err);
	}
}

/* Pieces in any order, of memory and of a file, with gaps; one goes over the border of a chunk. */
static void test_any_pieces(void **state)
{
	static uint8_t expected[LARGE_SIZE];
	struct error *err = NULL;
	struct fixture f;
	int file;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < sizeof(expected); i++)
		expected[i] = i / 50000 % 3 ? (uint8_t)(i % 251) : 0;
	assert_done(file_write(f.source, SPAN(expected, sizeof(expected)), &err), &err);
	assert_done(pieces_open(&f.pieces, f.source, &file, &err), &err);
	assert_int_equal(unlink(f.source), 0);
	add_pieces(&f, expected, LONG_END, sizeof(expected), file);
	assert_done(pieces_add_file(&f.pieces, LONG_START, LONG_END - LONG_START, file, LONG_START,
				    &err),
		    &err);
	add_pieces(&f, expected, 0, LONG_START, file);
	assert_written(&f, SPAN(expected, sizeof(expected)));
	teardown(&f);
}

/* Data, zeros that were given, data, a gap, data, a gap at the end. */
static void test_holes(void **state)
{
	static uint8_t expected[100 * BLOCK];
	_cleanup_close_ int fd = -1;
	struct error *err = NULL;
	struct fixture f;

	(void)state;
	setup(&f);
	memset(expected, 'a', 16 * BLOCK);
	memset(expected + 32 * BLOCK, 'b', 16 * BLOCK);
	memset(expected + 64 * BLOCK, 'c', 16 * BLOCK);
	assert_done(pieces_add_bytes(&f.pieces, 0, SPAN(expected, 48 * BLOCK), &err), &err);
	assert_done(pieces_add_bytes(&f.pieces, 64 * BLOCK, SPAN(expected + 64 * BLOCK, 16 * BLOCK),
				     &err),
		    &err);
	assert_written(&f, SPAN(expected, sizeof(expected)));
	fd = open(f.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(lseek(fd, 0, SEEK_HOLE), 16 * BLOCK);
	assert_int_equal(lseek(fd, 16 * BLOCK, SEEK_DATA), 32 * BLOCK);
	assert_int_equal(lseek(fd, 32 * BLOCK, SEEK_HOLE), 48 * BLOCK);
	assert_int_equal(lseek(fd, 48 * BLOCK, SEEK_DATA), 64 * BLOCK);
	assert_int_equal(lseek(fd, 64 * BLOCK, SEEK_HOLE), 80 * BLOCK);
	teardown(&f);
}

static void test_refused(void **state)
{
	_cleanup_(digest_stream_freep) struct digest_stream *digest = NULL;
	struct error *err = NULL;
	struct fixture f;
	int file;

	(void)state;
	setup(&f);
	f.pieces.size = 20;
	assert_done(pieces_add_bytes(&f.pieces, 0, SPAN_LITERAL("ten bytes."), &err), &err);
	assert_done(pieces_add_bytes(&f.pieces, 9, SPAN_LITERAL("more"), &err), &err);
	assert_failed(pieces_sort(&f.pieces, &err), EINVAL, "two things at byte 9", &err);
	f.pieces.n = 1;
	assert_done(pieces_add_bytes(&f.pieces, 17, SPAN_LITERAL("more"), &err), &err);
	assert_failed(pieces_sort(&f.pieces, &err), EINVAL, "two things at byte 17", &err);
	f.pieces.n = 1;

	/* A file that became shorter: nothing is written. */
	assert_done(file_write(f.source, SPAN_LITERAL("short"), &err), &err);
	assert_done(pieces_open(&f.pieces, f.source, &file, &err), &err);
	assert_done(pieces_add_file(&f.pieces, 10, 10, file, 0, &err), &err);
	assert_done(pieces_sort(&f.pieces, &err), &err);
	assert_failed(sparse_write(&f.pieces, f.path, &digest, &err), ENODATA,
		      "cannot read at byte 5: No data available", &err);
	assert_false(path_exists(f.path));
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_pieces),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
