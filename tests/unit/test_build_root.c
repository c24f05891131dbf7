/* When a build root that the store has is looked at. What runs in one is for tests/oracle/build-sandbox. */
#include "test.h"

#include <errno.h>

#include "base/file.h"
#include "image/build_root.h"

#define TEXT_MAX 100

struct fixture {
	char *folder;
	char *path; /* of the store */
	struct store store;
	FILE *said;
	struct lock_set packages; /* none: a build root with the mount points alone */
	char hex[DIGEST_HEX_MAX];
};

static int make_folder(void *context, const char *directory, struct error **err)
{
	_cleanup_free_ char *stub = path_join(directory, "stub");
	_cleanup_free_ char *tool = path_join(directory, "tool");
	int r = file_write(stub, SPAN_LITERAL("right"), err);

	(void)context;
	return r < 0 ? r : file_write(tool, SPAN_LITERAL("right"), err);
}

/* A store that has the folder. */
static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	_cleanup_free_ char *path = NULL;
	struct error *err = NULL;
	struct store made;
	struct digest key;

	f->folder = test_folder();
	f->path = path_join(f->folder, "store");
	f->said = tmpfile();
	assert_done(build_root_key(&f->packages, &key, &err), &err);
	digest_hex(&key, f->hex);
	assert_done(store_open(f->path, &made, &err), &err);
	assert_false(store_has_folder(&made, STORE_ROOTS, f->hex));
	assert_done(store_folder(&made, STORE_ROOTS, f->hex, make_folder, NULL, &path, &err), &err);
	assert_true(store_has_folder(&made, STORE_ROOTS, f->hex));
	/* The next one knows nothing of what this one saw. */
	store_release(&made);
	assert_done(store_open(f->path, &f->store, &err), &err);
	f->store.notes = progress_new(f->said, false);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	progress_free(f->store.notes);
	store_release(&f->store);
	fclose(f->said);
	free(f->path);
	test_folder_free(f->folder);
	free(f);
	return 0;
}

static void damage(const struct fixture *f, const char *name)
{
	_cleanup_free_ char *path = string_printf("%s/roots/%s/%s", f->path, f->hex, name);
	struct error *err = NULL;

	assert_done(file_write(path, SPAN_LITERAL("wrong"), &err), &err);
}

static bool is_said(const struct fixture *f)
{
	return ftell(f->said) > 0;
}

static void prepare(const struct fixture *f, struct build_root *ret)
{
	struct error *err = NULL;
	bool exists;

	assert_done(build_root_exists(&f->store, &f->packages, &exists, &err), &err);
	assert_true(exists);
	assert_done(build_root_prepare(&f->store, &f->packages, NULL, ret, &err), &err);
	assert_false(is_said(f));
}

/* One file is read without a look at the others. */
static void test_read(void **state)
{
	const struct fixture *f = *state;
	_cleanup_(build_root_release) struct build_root b = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
	struct error *err = NULL;

	damage(f, "tool");
	prepare(f, &b);
	assert_done(build_root_read(&b, "stub", TEXT_MAX, &text, &err), &err);
	assert_string_equal(buffer_text(&text), "right");
	assert_false(is_said(f));
}

/* That file damaged: all is made again, here from no packages. */
static void test_read_damaged(void **state)
{
	const struct fixture *f = *state;
	_cleanup_(build_root_release) struct build_root b = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
	_cleanup_free_ char *work = NULL;

	damage(f, "stub");
	prepare(f, &b);
	assert_int_equal(build_root_read(&b, "stub", TEXT_MAX, &text, NULL), -ENOENT);
	assert_int_equal(text.n, 0);
	assert_true(is_said(f));
	work = path_join(b.path, "work");
	assert_true(path_exists(work));
}

/* Nothing runs in a folder that is damaged. */
static void test_run_damaged(void **state)
{
	static const char *const argv[] = {"tool", NULL};
	static const struct sandbox_command command = {argv, NULL, "/work", -1};
	const struct fixture *f = *state;
	_cleanup_(build_root_release) struct build_root b = {0};
	_cleanup_free_ char *tool = NULL;

	damage(f, "tool");
	prepare(f, &b);
	assert_true(build_root_run(&b, &command, NULL, NULL) < 0);
	assert_true(is_said(f));
	tool = path_join(b.path, "tool");
	assert_false(path_exists(tool));
}

/* An unfinished folder is made at once, without a word. */
static void test_unfinished(void **state)
{
	const struct fixture *f = *state;
	_cleanup_(build_root_release) struct build_root b = {0};
	_cleanup_free_ char *sums = string_printf("%s/roots/%s.sum", f->path, f->hex);
	_cleanup_free_ char *work = NULL;
	struct error *err = NULL;
	bool exists;

	assert_int_equal(unlink(sums), 0);
	assert_done(build_root_exists(&f->store, &f->packages, &exists, &err), &err);
	assert_false(exists);
	assert_done(build_root_prepare(&f->store, &f->packages, NULL, &b, &err), &err);
	assert_false(is_said(f));
	work = path_join(b.path, "work");
	assert_true(path_exists(work));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_run_damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unfinished, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
