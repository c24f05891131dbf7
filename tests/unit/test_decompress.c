#include "test.h"

#include <errno.h>

#include "formats/decompress.h"
#include "sample_compress.h"

static const int filters[] = {ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_GZIP};

static void test_round_trip(void **state)
{
	uint8_t compressed[4096];
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);
		size_t n = compress(filters[i], SPAN_LITERAL("some text"), compressed,
				    sizeof compressed);

		assert_done(decompress(SPAN(compressed, n), &b, &err), &err);
		assert_string_equal(buffer_text(&b), "some text");
	}
}

/* What a mirror has for a component without packages. */
static void test_empty(void **state)
{
	uint8_t compressed[4096];
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);
		size_t n = compress(filters[i], SPAN_LITERAL(""), compressed, sizeof compressed);

		assert_done(decompress(SPAN(compressed, n), &b, &err), &err);
		assert_int_equal(b.n, 0);
		assert_true(decompress(SPAN(compressed, n - 3), &b, NULL) < 0);
	}
}

static void test_limit(void **state)
{
	uint8_t compressed[4096];
	size_t n = compress(ARCHIVE_FILTER_XZ, SPAN_LITERAL("some text"), compressed,
			    sizeof compressed);
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8);
	struct error *err = NULL;

	(void)state;
	assert_failed(decompress(SPAN(compressed, n), &b, &err), EFBIG,
		      "decompresses to more than 8 bytes", &err);
}

static void test_refused(void **state)
{
	uint8_t compressed[4096];
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		size_t n = compress(filters[i], SPAN_LITERAL("some text"), compressed,
				    sizeof compressed);
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);

		/* Cut off in the middle. */
		assert_int_equal(decompress(SPAN(compressed, n - 6), &b, NULL), -ERROR_MALFORMED);
	}

	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(100);

	assert_failed(decompress(SPAN_LITERAL("plain text"), &b, &err), ERROR_MALFORMED,
		      "cannot decompress: not xz, zstd or gzip", &err);
	assert_true(decompress(SPAN_LITERAL(""), &b, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
