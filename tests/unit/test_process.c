#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>

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
	assert_failed(process_run(&o, NULL, &err), ENOENT, "program '/etc/passwd' is not installed",
		      &err);
	assert_true(process_available("sh"));
	assert_false(process_available("no-such-program"));
}

/* The end of what a child says tells why it failed. */
static void test_tail(void **state)
{
	const char *const long_lines[] = {
		"sh", "-c", "{ head -c 3000 /dev/zero | tr '\\0' x; echo end; } >&2; exit 3", NULL};
	const char *const more[] = {
		"sh", "-c", "{ head -c 3000000 /dev/zero | tr '\\0' x; echo end; } >&2; exit 3",
		NULL};
	struct process_options o = PROCESS_OPTIONS(long_lines);
	char x[1998] = "";
	_cleanup_free_ char *message = NULL;
	struct error *err = NULL;

	(void)state;
	memset(x, 'x', sizeof x - 1);
	message = string_printf("'sh' exited with status 3: %send", x);
	assert_non_null(message);
	assert_failed(process_run(&o, NULL, &err), ECHILD, message, &err);
	/* More than is kept while it runs. */
	o.argv = more;
	assert_int_equal(process_run(&o, NULL, &err), -ECHILD);
	assert_string_equal(strrchr(error_message(err), 'e'), "end");
	error_free(err);
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
	const char *const argv[] = {"sh", "-c",
				    "[ ! -e /proc/self/fd/57 ] && [ -e /proc/self/fd/58 ]", NULL};
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

/* Two threads, of which one fails first, and the other after that was noted. */
struct race {
	pthread_t caller;
	bool caller_is_lower; /* the calling thread has the lower of the two indices */
	pthread_barrier_t both;
	pthread_key_t at_exit;
	sem_t lower_begun, other_gone;
};

static void tell_gone(void *context)
{
	struct race *s = context;

	sem_post(&s->other_gone);
}

static int fail_in_order(void *context, size_t i, struct error **err)
{
	struct race *s = context;
	bool is_caller = pthread_equal(pthread_self(), s->caller);

	/* The first two only hand out the next two as wanted. */
	if (i < 2) {
		pthread_barrier_wait(&s->both);
		if (is_caller != s->caller_is_lower)
			sem_wait(&s->lower_begun);
		return 0;
	}
	sem_post(&s->lower_begun);
	pthread_barrier_wait(&s->both);
	/* A thread ends after its failure was noted. */
	if (is_caller)
		sem_wait(&s->other_gone);
	else
		pthread_setspecific(s->at_exit, s);
	return error_set(err, -EIO, "item %zu", i);
}

static void test_lowest_failure(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct race s = {.caller = pthread_self(), .caller_is_lower = i == 1};
		struct error *err = NULL;

		assert_int_equal(pthread_barrier_init(&s.both, NULL, 2), 0);
		assert_int_equal(pthread_key_create(&s.at_exit, tell_gone), 0);
		assert_int_equal(sem_init(&s.lower_begun, 0, 0), 0);
		assert_int_equal(sem_init(&s.other_gone, 0, 0), 0);
		assert_failed(parallel_for(100, 2, fail_in_order, &s, &err), EIO, "item 2", &err);
		pthread_key_delete(s.at_exit);
		pthread_barrier_destroy(&s.both);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_environment_is_fixed),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_parallel),
		cmocka_unit_test(test_lowest_failure),
		cmocka_unit_test(test_tail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
