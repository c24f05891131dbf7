#include "test.h"

#include <errno.h>

#include "formats/decompress_stream.h"
#include "sample_compress.h"

#define SIZE 200000u

static const struct {
	int filter;
	const char *name;
} compressions[] = {
	{ARCHIVE_FILTER_GZIP, "gzip"},
	{ARCHIVE_FILTER_XZ, "xz"},
	{ARCHIVE_FILTER_ZSTD, "zstd"},
	{ARCHIVE_FILTER_BZIP2, "bzip2"},
};

/* Everything, in pieces of an odd size. */
static int read_all(struct span file, uint8_t *out, size_t *ret, struct error **err)
{
	_cleanup_(decompress_stream_freep) struct decompress_stream *s = NULL;
	size_t n = 777;
	int r = decompress_stream_new(file, &s, err);

	*ret = 0;
	while (r >= 0 && n == 777) {
		r = decompress_stream_read(s, out + *ret, 777, &n, err);
		*ret += n;
	}
	return r;
}

static void test_round_trip(void **state)
{
	static uint8_t bytes[SIZE], compressed[2 * SIZE], out[SIZE + 777];
	struct error *err = NULL;
	size_t n;

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * i >> 7);
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		size_t used = compress(compressions[i].filter, SPAN(bytes, SIZE), compressed,
				       sizeof compressed);
		struct span file = SPAN(compressed, used);

		assert_string_equal(decompress_stream_recognise(file), compressions[i].name);
		assert_done(read_all(file, out, &n, &err), &err);
		assert_int_equal(n, SIZE);
		assert_memory_equal(out, bytes, SIZE);
		/* Cut off in the middle. */
		assert_int_equal(read_all(SPAN(compressed, used / 2), out, &n, NULL),
				 -ERROR_MALFORMED);
	}
}

static void test_empty(void **state)
{
	static uint8_t compressed[4096], out[777];
	struct error *err = NULL;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		size_t used = compress(compressions[i].filter, SPAN(NULL, 0), compressed,
				       sizeof compressed);

		/* bzip2 of nothing has another beginning, or none. */
		if (!decompress_stream_recognise(SPAN(compressed, used)))
			continue;
		assert_done(read_all(SPAN(compressed, used), out, &n, &err), &err);
		assert_int_equal(n, 0);
	}
}

static void test_refused(void **state)
{
	struct decompress_stream *s = NULL;
	struct error *err = NULL;

	(void)state;
	assert_null(decompress_stream_recognise(SPAN_LITERAL("MZ and more")));
	assert_null(decompress_stream_recognise(SPAN_LITERAL("")));
	assert_failed(decompress_stream_new(SPAN_LITERAL("MZ and more"), &s, &err), ERROR_MALFORMED,
		      "compressed in an unknown way, or not at all", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
