/* Who shares a block with whom, and when it gets its address. */
#include "test.h"

#include <errno.h>

#include "base/compiler.h"
#include "formats/erofs_space.h"

#define BLOCK EROFS_SPACE_BLOCK

static struct erofs_item take(struct erofs_space *s, enum erofs_space_kind kind, uint64_t size,
			      uint32_t tail)
{
	struct erofs_item item = {0};
	struct error *err = NULL;

	assert_done(erofs_space_take(s, kind, size, tail, &item, &err), &err);
	return item;
}

static uint32_t address(const struct erofs_space *s, struct erofs_item item)
{
	return erofs_space_region(s, item.region)->address;
}

/* Metadata wait, data do not. */
static void test_order(void **state)
{
	_cleanup_(erofs_space_freep) struct erofs_space *s = erofs_space_new();
	struct erofs_item inode, data, more, last;

	(void)state;
	assert_non_null(s);
	inode = take(s, EROFS_SPACE_INODE, 64, 0);
	assert_int_equal(address(s, inode), EROFS_SPACE_NONE);
	data = take(s, EROFS_SPACE_DATA, 3 * BLOCK, 0);
	assert_int_equal(erofs_space_place(s, data.region), 0);
	erofs_space_close(s, data.region);
	more = take(s, EROFS_SPACE_INODE, 64, 0);
	assert_int_equal(more.region, inode.region);
	assert_int_equal(more.offset, 64);
	assert_int_equal(erofs_space_place(s, inode.region), 3);
	last = take(s, EROFS_SPACE_DATA, BLOCK, 0);
	assert_int_equal(erofs_space_place(s, last.region), 4);
	assert_int_equal(erofs_space_end(s), 5);
}

/* A tail must fit behind its inode; the fullest block that has room is taken. */
static void test_fit(void **state)
{
	_cleanup_(erofs_space_freep) struct erofs_space *s = erofs_space_new();
	struct erofs_item first, second, third, small, tail;
	struct error *err = NULL;

	(void)state;
	assert_non_null(s);
	first = take(s, EROFS_SPACE_INODE, 64, 3000);
	assert_done(erofs_space_append(s, first.region, 3000, &tail, &err), &err);
	assert_int_equal(tail.offset, 64);
	second = take(s, EROFS_SPACE_INODE, 64, 1500);
	assert_true(second.region != first.region);
	assert_done(erofs_space_append(s, second.region, 1500, &tail, &err), &err);
	third = take(s, EROFS_SPACE_INODE, 64, 900);
	assert_int_equal(third.region, first.region);
	assert_int_equal(third.offset, 3072);
	assert_done(erofs_space_append(s, third.region, 900, &tail, &err), &err);
	small = take(s, EROFS_SPACE_INODE, 64, 0);
	assert_int_equal(small.region, second.region);
	assert_int_equal(small.offset % 32, 0);
}

static void test_too_long(void **state)
{
	_cleanup_(erofs_space_freep) struct erofs_space *s = erofs_space_new();
	struct erofs_item item;
	struct error *err = NULL;

	(void)state;
	assert_non_null(s);
	assert_int_equal(erofs_space_take(s, EROFS_SPACE_INODE, 64, BLOCK - 63, &item, &err),
			 -ENOSPC);
	assert_null(err);
	take(s, EROFS_SPACE_INODE, 64, BLOCK - 64);
}

/* The last data may grow; what has something behind it may not. */
static void test_grow(void **state)
{
	_cleanup_(erofs_space_freep) struct erofs_space *s = erofs_space_new();
	struct erofs_item a, b, item;
	struct error *err = NULL;

	(void)state;
	assert_non_null(s);
	a = take(s, EROFS_SPACE_DATA, BLOCK, 0);
	erofs_space_place(s, a.region);
	assert_done(erofs_space_append(s, a.region, BLOCK, &item, &err), &err);
	assert_int_equal(item.offset, BLOCK);
	b = take(s, EROFS_SPACE_DATA, BLOCK, 0);
	assert_int_equal(erofs_space_place(s, b.region), 2);
	assert_failed(erofs_space_append(s, a.region, BLOCK, &item, &err), EINVAL,
		      "EROFS: a region cannot grow", &err);
	assert_failed(erofs_space_append(s, b.region, (uint64_t)BLOCK * UINT32_MAX, &item, &err),
		      EFBIG, "EROFS: more than 4294967294 blocks", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
