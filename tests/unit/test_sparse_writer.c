#include "test.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "image/sparse_writer.h"

#define BLOCK 4096u

struct fixture {
	char *folder, *path;
	int fd;
	struct sparse_writer writer;
};

static void setup(struct fixture *f)
{
	struct error *err = NULL;

	f->folder = test_folder();
	f->path = path_join(f->folder, "image");
	assert_non_null(f->path);
	f->fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_true(f->fd >= 0);
	assert_done(sparse_writer_init(f->fd, &f->writer, &err), &err);
}

static void teardown(struct fixture *f)
{
	sparse_writer_release(&f->writer);
	close(f->fd);
	test_folder_free(f->folder);
	free(f->path);
}

/* Ends the file, which must have the expected bytes, and the digest of them. */
static void assert_written(struct fixture *f, struct span expected)
{
	_cleanup_(file_map_release) struct file_map map = {0};
	struct digest want = digest_bytes(DIGEST_SHA256, expected), got;
	struct error *err = NULL;

	assert_done(sparse_writer_end(&f->writer, &err), &err);
	got = digest_stream_end(f->writer.digest);
	assert_true(digest_equal(&want, &got));
	assert_done(file_map(f->path, &map, &err), &err);
	assert_true(span_equal(map.data, expected));
}

/* Pieces of all lengths, across borders of blocks, with zeros in all places. */
static void test_any_pieces(void **state)
{
	static uint8_t expected[40 * BLOCK];
	struct error *err = NULL;
	struct fixture f;
	size_t at = 0;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < sizeof(expected); i++)
		expected[i] = i / 5000 % 3 ? (uint8_t)(i % 251) : 0;
	for (size_t n = 1; at < sizeof(expected); n = n * 3 % 9001 + 1) {
		size_t size = MIN(n, sizeof(expected) - at);

		assert_done(sparse_writer_put(&f.writer, SPAN(expected + at, size), &err), &err);
		at += size;
		assert_int_equal(f.writer.offset, at);
	}
	assert_written(&f, SPAN(expected, sizeof(expected)));
	teardown(&f);
}

/* Data, zeros that were written, data, zeros that were skipped, data, zeros at the end. */
static void test_holes(void **state)
{
	static uint8_t expected[100 * BLOCK];
	struct error *err = NULL;
	struct fixture f;

	(void)state;
	setup(&f);
	memset(expected, 'a', 16 * BLOCK);
	memset(expected + 32 * BLOCK, 'b', 16 * BLOCK);
	memset(expected + 64 * BLOCK, 'c', 16 * BLOCK);
	assert_done(sparse_writer_put(&f.writer, SPAN(expected, 48 * BLOCK), &err), &err);
	assert_done(sparse_writer_skip_to(&f.writer, 64 * BLOCK, &err), &err);
	assert_done(sparse_writer_put(&f.writer, SPAN(expected + 64 * BLOCK, 16 * BLOCK), &err),
		    &err);
	assert_done(sparse_writer_skip_to(&f.writer, sizeof(expected), &err), &err);
	assert_written(&f, SPAN(expected, sizeof(expected)));
	assert_int_equal(lseek(f.fd, 0, SEEK_HOLE), 16 * BLOCK);
	assert_int_equal(lseek(f.fd, 16 * BLOCK, SEEK_DATA), 32 * BLOCK);
	assert_int_equal(lseek(f.fd, 32 * BLOCK, SEEK_HOLE), 48 * BLOCK);
	assert_int_equal(lseek(f.fd, 48 * BLOCK, SEEK_DATA), 64 * BLOCK);
	assert_int_equal(lseek(f.fd, 64 * BLOCK, SEEK_HOLE), 80 * BLOCK);
	teardown(&f);
}

static void test_refused(void **state)
{
	_cleanup_free_ char *message = NULL;
	struct error *err = NULL;
	struct fixture f;

	(void)state;
	setup(&f);
	assert_done(sparse_writer_put(&f.writer, SPAN_LITERAL("ten bytes."), &err), &err);
	assert_failed(sparse_writer_skip_to(&f.writer, 9, &err), EINVAL,
		      "offset 9 is already written", &err);
	assert_true(asprintf(&message, "%s: the size changed from 11 to 10 bytes", f.path) > 0);
	assert_failed(sparse_writer_put_file(&f.writer, f.path, 11, &err), EIO, message, &err);
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
