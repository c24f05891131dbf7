#include "test.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/shortage.h"

static void test_codes(void **state)
{
	(void)state;
	assert_true(shortage_is(-ENOSPC));
	assert_true(shortage_is(-EMFILE));
	assert_false(shortage_is(-EIO));
	assert_false(shortage_is(-ENOENT));
	assert_false(shortage_is(-ERROR_REFUSED));
}

/* A folder with space: what was said stays, unless a child failed under a limit. */
static void test_explain(void **state)
{
	struct rlimit before, limit;
	char *folder = test_folder();
	struct error *err = NULL;

	(void)state;
	shortage_ignore_signal();
	error_set(&err, -EIO, "cannot");
	assert_failed(shortage_explain(folder, -EIO, &err), EIO, "cannot", &err);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 1000000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	error_set(&err, -ECHILD, "'x' was killed by signal 25");
	assert_failed(shortage_explain(folder, -ECHILD, &err), EFBIG,
		      "a file may have 1000000 bytes at most here ('ulimit -f'): "
		      "'x' was killed by signal 25",
		      &err);
	error_set(&err, -ERROR_REFUSED, "no");
	assert_failed(shortage_explain(folder, -ERROR_REFUSED, &err), ERROR_REFUSED, "no", &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	test_folder_free(folder);
}

static void test_files(void **state)
{
	struct rlimit limit = {20, 100};
	struct error *err = NULL;

	(void)state;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_done(shortage_check_files(90, &err), &err);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 90);
	assert_failed(shortage_check_files(256, &err), EMFILE,
		      "100 files may be open at once here: at least 256 are needed ('ulimit -n')",
		      &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
