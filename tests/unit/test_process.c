#include "test.h"

#include <errno.h>
#include <fcntl.h>

#include "base/parallel.h"
#include "base/process.h"

static void test_output(void **state)
{
	const char *const argv[] = {"sh", "-c", "echo out; echo err >&2", NULL};
	const struct process_options o = PROCESS_OPTIONS(argv);
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(PROCESS_OUTPUT_MAX);
	struct error *err = NULL;

	(void)state;
	assert_done(process_run(&o, &b, &err), &err);
	assert_string_equal(buffer_text(&b), "out\n");
}

static void test_failures(void **state)
{
	const char *const status[] = {"sh", "-c", "echo why >&2; exit 3", NULL};
	const char *const killed[] = {"sh", "-c", "kill -9 $$", NULL};
	const char *const absent[] = {"no-such-program", NULL};
	const char *const not_program[] = {"/etc/passwd", NULL};
	struct process_options o = PROCESS_OPTIONS(status);
	struct error *err = NULL;

	(void)state;
	assert_failed(process_run(&o, NULL, &err), ECHILD, "'sh' exited with status 3: why", &err);
	o.argv = killed;
	assert_failed(process_run(&o, NULL, &err), ECHILD, "'sh' was killed by signal 9", &err);
	o.argv = absent;
	assert_failed(process_run(&o, NULL, &err), ENOENT,
		      "program 'no-such-program' is not installed", &err);
	o.argv = not_program;
	assert_failed(process_run(&o, NULL, &err), ENOENT,
		      "program '/etc/passwd' is not installed", &err);
	assert_true(process_available("sh"));
	assert_false(process_available("no-such-program"));
}

static void test_environment_is_fixed(void **state)
{
	const char *const argv[] = {"env", NULL};
	const struct process_options o = PROCESS_OPTIONS(argv);
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(PROCESS_OUTPUT_MAX);
	struct error *err = NULL;

	(void)state;
	setenv("TDNODE_TEST_SECRET", "1", 1);
	assert_done(process_run(&o, &b, &err), &err);
	assert_null(strstr(buffer_text(&b), "TDNODE_TEST_SECRET"));
	assert_non_null(strstr(buffer_text(&b), "LANG=C.UTF-8\n"));
}

static void test_descriptors(void **state)
{
	/* An open descriptor does not reach the child unless it is listed. */
	const char *const argv[] = {"sh", "-c", "[ ! -e /proc/self/fd/57 ] && [ -e /proc/self/fd/58 ]",
				    NULL};
	struct process_options o = PROCESS_OPTIONS(argv);
	const int keep[] = {58, -1};
	struct error *err = NULL;

	(void)state;

	int fd = open("/dev/null", O_RDONLY);

	assert_int_equal(dup2(fd, 57), 57);
	assert_int_equal(dup2(fd, 58), 58);
	o.keep_fds = keep;
	assert_done(process_run(&o, NULL, &err), &err);
	close(fd);
	close(57);
	close(58);
}

struct squares {
	size_t values[100];
	size_t fail_from;
};

static int square(void *context, size_t i, struct error **err)
{
	struct squares *s = context;

	if (i >= s->fail_from)
		return error_set(err, -EIO, "item %zu", i);
	s->values[i] = i * i;
	return 0;
}

static void test_parallel(void **state)
{
	struct squares s = {.fail_from = 1000};
	struct error *err = NULL;

	(void)state;
	assert_done(parallel_for(100, 4, square, &s, &err), &err);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(s.values[i], i * i);
	assert_done(parallel_for(0, 4, square, &s, &err), &err);
	s.fail_from = 17;
	/* Of all that fail, the lowest index is reported. */
	assert_failed(parallel_for(100, 4, square, &s, &err), EIO, "item 17", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),	    cmocka_unit_test(test_failures),
		cmocka_unit_test(test_environment_is_fixed), cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_parallel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
