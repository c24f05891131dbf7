/*
 * What every unit test includes: cmocka with its prerequisites, and helpers.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

/* The call failed with this code and exactly this message. Clears *err. */
#define assert_failed(result, expected_code, expected_message, err)             \
	do {                                                                    \
		assert_int_equal((result), -(expected_code));                   \
		assert_string_equal(error_message(*(err)), (expected_message)); \
		error_free(*(err));                                             \
		*(err) = NULL;                                                  \
	} while (0)

/* The call succeeded; otherwise its message is shown. */
#define assert_done(result, err)                               \
	do {                                                   \
		if ((result) < 0)                              \
			fail_msg("%s", error_message(*(err))); \
	} while (0)

/* A new folder below $WORK or /tmp, removed by test_folder_free(). */
char *test_folder(void);
void test_folder_free(char *path);
