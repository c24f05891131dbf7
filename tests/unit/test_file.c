#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"

static void test_write_is_atomic(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "out");
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);
	struct error *err = NULL;
	struct stat st;

	(void)state;
	mode_t old = umask(077);

	assert_done(file_write(path, SPAN_LITERAL("one"), &err), &err);
	umask(old);
	{
		_cleanup_(output_release) struct output o = OUTPUT_INIT;

		assert_done(output_open(path, &o, &err), &err);
		assert_int_equal(write_full(o.fd, SPAN_LITERAL("half")), 0);
		/* Leaving scope without a commit removes it. */
	}
	assert_done(file_read(path, 100, &b, &err), &err);
	assert_string_equal(buffer_text(&b), "one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_done(directory_list(folder, &names, &err), &err);
	assert_int_equal(names.n, 1);
	test_folder_free(folder);
}

static void test_private(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "secret");
	struct error *err = NULL;
	struct stat st;

	(void)state;
	mode_t old = umask(0);

	assert_done(file_write_private(path, SPAN_LITERAL("1"), &err), &err);
	umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	test_folder_free(folder);
}

static void test_read_limit(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "f");
	_cleanup_free_ char *message = string_printf("%s: 5 bytes, more than the 4 allowed", path);
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);
	struct error *err = NULL;

	(void)state;
	assert_done(file_write(path, SPAN_LITERAL("12345"), &err), &err);
	assert_failed(file_read(path, 4, &b, &err), EFBIG, message, &err);
	assert_int_equal(file_read(folder, 4, &b, NULL), -EISDIR);
	assert_int_equal(file_read("/nonexistent", 4, &b, NULL), -ENOENT);
	test_folder_free(folder);
}

/* A test that waits here waits for ever. */
static void test_fifo(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "fifo");
	_cleanup_free_ char *unwritten = string_printf("%s: a pipe that nobody writes to", path);
	_cleanup_free_ char *irregular = string_printf("%s: not a regular file", path);
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);
	struct error *err = NULL;
	struct file_map m;
	uint64_t size;
	int fds[2], fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_failed(file_read(path, 100, &b, &err), ENODATA, unwritten, &err);
	assert_failed(file_map(path, &m, &err), EINVAL, irregular, &err);
	assert_failed(file_open(path, &fd, &size, &err), EINVAL, irregular, &err);
	test_folder_free(folder);

	assert_int_equal(pipe(fds), 0);

	_cleanup_free_ char *written = string_printf("/dev/fd/%d", fds[0]);

	assert_int_equal(write_full(fds[1], SPAN_LITERAL("abc")), 0);
	close(fds[1]);
	assert_done(file_read(written, 100, &b, &err), &err);
	assert_string_equal(buffer_text(&b), "abc");
	close(fds[0]);
	assert_failed(file_read("/dev/zero", 100, &b, &err), EINVAL,
		      "/dev/zero: neither a regular file nor a pipe", &err);
}

static void test_map(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "f");
	_cleanup_(file_map_release) struct file_map m = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(file_write(path, SPAN_LITERAL(""), &err), &err);
	assert_done(file_map(path, &m, &err), &err);
	assert_int_equal(m.data.n, 0);
	assert_done(file_write(path, SPAN_LITERAL("abc"), &err), &err);
	assert_done(file_map(path, &m, &err), &err);
	assert_true(span_equal(m.data, SPAN_LITERAL("abc")));
	test_folder_free(folder);
}

static void test_remove_does_not_follow(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *kept = path_join(folder, "kept");
	_cleanup_free_ char *gone = path_join(folder, "gone/deep/er");
	_cleanup_free_ char *top = path_join(folder, "gone");
	_cleanup_free_ char *link = path_join(gone, "link");
	struct error *err = NULL;

	(void)state;
	assert_done(directory_make(kept, &err), &err);
	assert_done(directory_make(gone, &err), &err);
	assert_int_equal(symlink(kept, link), 0);
	assert_int_equal(chmod(gone, 0500), 0);
	assert_done(directory_remove(top, &err), &err);
	assert_false(path_exists(top));
	assert_true(path_exists(kept));
	assert_done(directory_remove(top, &err), &err);
	test_folder_free(folder);
}

static void test_copy_to_pipe(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "f");
	struct error *err = NULL;
	char got[3] = {0};
	int fds[2];

	(void)state;
	assert_done(file_write(path, SPAN_LITERAL("abcdef"), &err), &err);
	assert_int_equal(pipe(fds), 0);

	int fd = open(path, O_RDONLY);

	assert_int_equal(copy_range(fd, 2, 3, fds[1]), 0);
	assert_int_equal(read_full(fds[0], got, 3), 0);
	assert_memory_equal(got, "cde", 3);
	assert_int_equal(copy_range(fd, 4, 3, fds[1]), -ENODATA);
	close(fd);
	close(fds[0]);
	close(fds[1]);
	test_folder_free(folder);
}

static void test_locks(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "lock");
	struct error *err = NULL;
	int first = -1, second = -1;

	(void)state;
	assert_done(file_lock(path, &first, &err), &err);
	assert_int_equal(file_try_lock(path, &second, &err), -EWOULDBLOCK);
	assert_null(err);
	close(first);
	assert_done(file_try_lock(path, &second, &err), &err);
	assert_int_equal(file_try_lock(path, &first, &err), -EWOULDBLOCK);
	close(second);
	test_folder_free(folder);
}

static void reads_numbers(void **state)
{
	(void)state;
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "number");
	uint64_t n = 0;

	assert_int_equal(file_write(path, SPAN_LITERAL("2048\nmore\n"), NULL), 0);
	assert_true(file_read_number(path, 2048, &n));
	assert_int_equal(n, 2048);
	assert_false(file_read_number(path, 2047, &n));
	assert_int_equal(file_write(path, SPAN_LITERAL("2k\n"), NULL), 0);
	assert_false(file_read_number(path, UINT64_MAX, &n));
	assert_int_equal(file_write(path, SPAN_LITERAL(""), NULL), 0);
	assert_false(file_read_number(path, UINT64_MAX, &n));
	assert_false(file_read_number(folder, UINT64_MAX, &n));
	test_folder_free(folder);
}

/* What cannot be looked at is not taken for absent. */
static void tells_absence(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *file = path_join(folder, "file"), *loop = path_join(folder, "loop");
	_cleanup_free_ char *below = path_join(file, "x"), *none = path_join(folder, "none");
	struct error *err = NULL;

	(void)state;
	assert_done(file_write(file, SPAN_LITERAL("x"), &err), &err);
	assert_int_equal(symlink("loop", loop), 0);
	assert_false(path_is_absent(file));
	assert_true(path_is_absent(none));
	assert_true(path_is_absent(below));
	assert_false(path_is_absent(loop));
	test_folder_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(test_write_is_atomic),
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_read_limit),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_remove_does_not_follow),
		cmocka_unit_test(test_copy_to_pipe),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(tells_absence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
