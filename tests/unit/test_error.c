#include "test.h"

#include <errno.h>

static void test_chain(void **state)
{
	struct error *err = NULL;
	int r = error_set(&err, -ERROR_MALFORMED, "unknown key '%s'", "Pakages");

	(void)state;
	r = error_wrap(&err, r, "images/x/image.conf:%d", 12);
	assert_failed(r, ERROR_MALFORMED, "images/x/image.conf:12: unknown key 'Pakages'", &err);
}

static void test_errno(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_failed(error_errno(&err, ENOENT, "cannot open '%s'", "x"), ENOENT,
		      "cannot open 'x': No such file or directory", &err);
}

static void test_wrap_without_message(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_failed(error_wrap(&err, -ENOSPC, "disk.raw"), ENOSPC,
		      "disk.raw: No space left on device", &err);
	assert_failed(error_wrap(&err, -ERROR_REFUSED, "x"), ERROR_REFUSED,
		      "x: verification refused", &err);
}

static void test_null(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, -EIO, "dropped"), -EIO);
	assert_int_equal(error_wrap(NULL, -EIO, "dropped"), -EIO);
	assert_string_equal(error_message(NULL), "unknown error (out of memory)");
}

static void test_exit_status(void **state)
{
	(void)state;
	assert_int_equal(error_exit_status(0), 0);
	assert_int_equal(error_exit_status(-EIO), 1);
	assert_int_equal(error_exit_status(-ERROR_MALFORMED), 1);
	assert_int_equal(error_exit_status(-ERROR_LOCKED), 1);
	assert_int_equal(error_exit_status(-ERROR_USAGE), 2);
	assert_int_equal(error_exit_status(-ERROR_REFUSED), 3);
}

static void test_move(void **state)
{
	struct error *from = NULL, *err = NULL;

	(void)state;
	error_set(&from, -EIO, "one");
	assert_int_equal(error_move(&err, -EIO, &from), -EIO);
	assert_null(from);
	assert_string_equal(error_message(err), "one");
	error_set(&from, -EIO, "two");
	assert_int_equal(error_move(NULL, -EIO, &from), -EIO);
	assert_null(from);
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_move),  cmocka_unit_test(test_chain),
		cmocka_unit_test(test_errno), cmocka_unit_test(test_wrap_without_message),
		cmocka_unit_test(test_null),  cmocka_unit_test(test_exit_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
