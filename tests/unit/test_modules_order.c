#include "test.h"

#include <errno.h>

#include "image/kernel_modules.h"

static const char modules_dep[] =
	"kernel/fs/erofs/erofs.ko.xz: kernel/lib/lz4.ko.xz kernel/lib/netfs.ko.xz\n"
	"kernel/lib/lz4.ko.xz:\n"
	"kernel/lib/netfs.ko.xz: kernel/lib/lz4.ko.xz\n"
	"kernel/drivers/md/dm-verity.ko.xz: kernel/drivers/md/dm-bufio.ko.xz\n"
	"kernel/drivers/md/dm-bufio.ko.xz:\n";
static const char modules_builtin[] = "kernel/drivers/char/tpm/tpm.ko\nkernel/fs/ext4/ext4.ko\n";

static int order(const char *dep, const char *const *names, struct string_list *paths,
		 struct error **err)
{
	_cleanup_(string_list_release) struct string_list wanted = {0};

	for (size_t i = 0; names[i]; i++)
		assert_int_equal(string_list_add(&wanted, names[i]), 0);
	return modules_order(span_string(dep), span_string(modules_builtin), &wanted, paths, err);
}

static void test_dependencies_first(void **state)
{
	/* "dm_verity" names the file dm-verity.ko; ext4 is compiled in. */
	const char *const names[] = {"erofs", "ext4", "dm_verity", "lz4", NULL};
	static const char *const expected[] = {
		"kernel/lib/lz4.ko.xz",
		"kernel/lib/netfs.ko.xz",
		"kernel/fs/erofs/erofs.ko.xz",
		"kernel/drivers/md/dm-bufio.ko.xz",
		"kernel/drivers/md/dm-verity.ko.xz",
	};
	_cleanup_(string_list_release) struct string_list paths = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(order(modules_dep, names, &paths, &err), &err);
	assert_int_equal(paths.n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < paths.n; i++)
		assert_string_equal(paths.items[i], expected[i]);
}

static void test_refused(void **state)
{
	static const struct {
		const char *dep, *name, *message;
		int code;
	} cases[] = {
		{modules_dep, "ero", "the kernel has no module 'ero'", ENOENT},
		{"a.ko\n", "a", "modules.dep:1: no ':'", ERROR_MALFORMED},
		{"a.ko: b.ko\n", "a", "modules.dep: 'a.ko' depends on 'b.ko', which is not there",
		 ERROR_MALFORMED},
		{"a.ko: b.ko\nb.ko: a.ko\n", "a", "modules.dep: 'b.ko' depends on itself",
		 ERROR_MALFORMED},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const names[] = {cases[i].name, NULL};
		_cleanup_(string_list_release) struct string_list paths = {0};

		assert_failed(order(cases[i].dep, names, &paths, &err), cases[i].code,
			      cases[i].message, &err);
	}
}

static void test_needs(void **state)
{
	_cleanup_(string_list_release) struct string_list needs = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(modules_needs(span_string(modules_dep), "kernel/fs/erofs/erofs.ko.xz", &needs,
				  &err),
		    &err);
	assert_int_equal(needs.n, 2);
	assert_string_equal(needs.items[0], "lz4.ko");
	assert_string_equal(needs.items[1], "netfs.ko");
	assert_done(modules_needs(span_string(modules_dep), "kernel/lib/lz4.ko.xz", &needs, &err),
		    &err);
	assert_int_equal(needs.n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dependencies_first),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
