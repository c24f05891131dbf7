#include "test.h"

#include <errno.h>

#include "base/file.h"
#include "packages/recipe.h"

#define BASE                                                                \
	"[Image]\nName=base\n[Archive]\nSuite=trixie\nArchitecture=amd64\n" \
	"[Packages]\nInstall=systemd\n[Kernel]\nPackage=linux-image\n"      \
	"[BuildRoot]\nInstall=gcc\n[Firmware]\nInstall=ovmf\n"

struct fixture {
	char *root;
	char *own, *installed;
	struct recipe_folders both, alone;
};

static void write_file(const char *folder, const char *name, const char *file, const char *text)
{
	_cleanup_free_ char *parent = path_join(folder, name);
	_cleanup_free_ char *path = path_join(parent, file);
	struct error *err = NULL;

	assert_done(directory_make(parent, &err), &err);
	assert_done(file_write(path, span_string(text), &err), &err);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->root = test_folder();
	f->own = path_join(f->root, "own");
	f->installed = path_join(f->root, "installed");
	f->both = (struct recipe_folders){.own = f->own, .installed = f->installed};
	f->alone = (struct recipe_folders){.own = f->own};
	write_file(f->installed, "base", "image.conf", BASE);
	write_file(f->installed, "node", "image.conf", "[Image]\nName=node\nInclude=base\n");
	write_file(f->installed, "node", "image.lock", "{}");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	test_folder_free(f->root);
	free(f->own);
	free(f->installed);
	free(f);
	return 0;
}

/* Of `name`, relative to the test's folder. */
static void assert_found(const struct fixture *f, const struct recipe_folders *folders,
			 const char *name, const char *folder, const char *lock)
{
	_cleanup_free_ char *found = NULL, *found_lock = NULL;
	struct error *err = NULL;

	assert_done(recipe_folders_find(folders, name, &found, &err), &err);
	assert_string_equal(found + strlen(f->root) + 1, folder);
	assert_done(recipe_folders_find_lock(folders, name, &found_lock, &err), &err);
	assert_string_equal(found_lock + strlen(f->root) + 1, lock);
}

static void test_find(void **state)
{
	struct fixture *f = *state;

	assert_found(f, &f->both, "node", "installed/node", "installed/node/image.lock");
	assert_found(f, &f->alone, "node", "own/node", "own/node/image.lock");
	/* What is nowhere would be one's own. */
	assert_found(f, &f->both, "none", "own/none", "own/none/image.lock");

	/* A lock of one's own for an installed recipe. */
	write_file(f->own, "node", "image.lock", "{}");
	assert_found(f, &f->both, "node", "installed/node", "own/node/image.lock");

	/* A recipe of one's own, whose lock is not that of the installed one. */
	write_file(f->own, "base", "image.conf", BASE);
	write_file(f->installed, "base", "image.lock", "{}");
	assert_found(f, &f->both, "base", "own/base", "own/base/image.lock");
}

static void test_layers(void **state)
{
	struct fixture *f = *state;
	_cleanup_(recipe_release) struct recipe r = {0}, other = {0};
	struct error *err = NULL;

	/* An own recipe on an installed one. */
	write_file(f->own, "mine", "image.conf", "[Image]\nName=mine\nInclude=node\n");
	assert_done(recipe_read(&f->both, "mine", &r, &err), &err);
	assert_int_equal(r.n_layers, 3);
	assert_true(string_starts(r.layers[0].directory, f->installed));
	assert_true(string_starts(r.layers[2].directory, f->own));

	/* And an installed one on an own layer. */
	write_file(f->own, "base", "image.conf", BASE "[Root]\nEnable=mine.service\n");
	assert_done(recipe_read(&f->both, "node", &other, &err), &err);
	assert_true(string_starts(other.layers[0].directory, f->own));
	assert_int_equal(other.enable.n, 1);
	assert_int_equal(recipe_read(&f->alone, "node", &r, NULL), -ENOENT);
}

static void assert_names(const struct recipe_folders *folders, const char *const *names)
{
	_cleanup_(string_list_release) struct string_list l = {0};
	struct error *err = NULL;
	size_t n = 0;

	assert_done(recipe_folders_list(folders, &l, &err), &err);
	for (; names[n]; n++)
		assert_string_equal(l.items[n], names[n]);
	assert_int_equal(l.n, n);
}

static void test_list(void **state)
{
	struct fixture *f = *state;
	_cleanup_(string_list_release) struct string_list l = {0};
	struct error *err = NULL;

	/* There need be no folder of one's own, unless there is no other. */
	assert_names(&f->both, (const char *[]){"base", "node", NULL});
	assert_int_equal(recipe_folders_list(&f->alone, &l, &err), -ENOENT);
	error_free(err);

	write_file(f->own, "base", "image.conf", BASE);
	write_file(f->own, "mine", "image.conf", "");
	write_file(f->own, "zero", "image.lock", "{}");
	write_file(f->own, ".mine.x1y2z3", "image.conf", BASE);
	assert_names(&f->both, (const char *[]){"base", "mine", "node", NULL});
	assert_names(&f->alone, (const char *[]){"base", "mine", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_layers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
