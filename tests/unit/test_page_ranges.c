#include "test.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "cloud/page_ranges.h"

#define MIB (1u << 20)

/* What is written of a file of `size` bytes: the rest is a hole, or zeros that are written. */
struct piece {
	uint64_t offset;
	uint32_t length;
};

static int make(const char *path, uint64_t size, const struct piece *pieces, bool holes)
{
	static uint8_t bytes[9 * MIB];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	memset(bytes, 0, sizeof bytes);
	for (uint64_t at = 0; !holes && at < size; at += MIB)
		assert_int_equal(
			pwrite_full(fd, SPAN(bytes, MIN(size - at, (uint64_t)MIB)), (off_t)at), 0);
	memset(bytes, 0xa5, sizeof bytes);
	for (; pieces->length; pieces++)
		assert_int_equal(
			pwrite_full(fd, SPAN(bytes, pieces->length), (off_t)pieces->offset), 0);
	return fd;
}

static void finds(uint64_t size, const struct piece *pieces, const struct piece *expected)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "disk");

	for (int holes = 0; holes < 2; holes++) {
		_cleanup_(page_ranges_release) struct page_ranges r = {};
		_cleanup_close_ int fd = make(path, size, pieces, holes);
		struct error *err = NULL;
		uint64_t bytes = 0;
		size_t n = 0;

		assert_done(page_ranges_find(fd, size, &r, &err), &err);
		for (; expected[n].length; n++) {
			assert_true(n < r.n);
			assert_int_equal(r.items[n].offset, expected[n].offset);
			assert_int_equal(r.items[n].length, expected[n].length);
			bytes += expected[n].length;
		}
		assert_int_equal(r.n, n);
		assert_int_equal(r.bytes, bytes);
	}
	test_folder_free(folder);
}

#define PIECES(...)            \
	(const struct piece[]) \
	{                      \
		__VA_ARGS__    \
		{              \
			0, 0   \
		}              \
	}

static void test_ranges(void **state)
{
	(void)state;
	finds(8 * MIB, PIECES(), PIECES());
	/* One byte is a page, at the start, across two pages, at the end. */
	finds(8 * MIB, PIECES({0, 1}, {MIB - 1, 2}, {8 * MIB - 1, 1}, ),
	      PIECES({0, 512}, {MIB - 512, 1024}, {8 * MIB - 512, 512}, ));
	/* Neighbours are one range, whatever is written with them; a zero page between them is not sent. */
	finds(MIB, PIECES({512, 512}, {1024, 512}, {2048, 512}, ),
	      PIECES({512, 1024}, {2048, 512}, ));
	/* No range is larger than a write may be; what is left is one, too. */
	finds(16 * MIB, PIECES({512, 9 * MIB}, ),
	      PIECES({512, 4 * MIB}, {512 + 4 * MIB, 4 * MIB}, {512 + 8 * MIB, MIB}, ));
	/* A disk that ends behind a page of its own, as a VHD does. */
	finds(4 * MIB + 512, PIECES({4 * MIB, 512}, ), PIECES({4 * MIB, 512}, ));
}

static void test_short_file(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "disk");
	_cleanup_(page_ranges_release) struct page_ranges r = {};
	_cleanup_close_ int fd = make(path, MIB, PIECES({0, 512}, ), true);
	struct error *err = NULL;

	(void)state;
	assert_failed(page_ranges_find(fd, MIB + 512, &r, &err), ENODATA,
		      "the file ends before 1049088 bytes", &err);
	test_folder_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_short_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
