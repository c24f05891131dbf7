#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "packages/store_audit.h"
#include "packages/store_sums.h"

struct fixture {
	char *folder;
	char *path; /* of the store */
	struct store store;
	FILE *said;
	unsigned made; /* how often make_tree() was called */
};

/* What a process that opens the store now would believe. */
static void reopen(struct fixture *f)
{
	struct error *err = NULL;

	progress_free(f->store.notes);
	store_release(&f->store);
	assert_done(store_open(f->path, &f->store, &err), &err);
	f->store.notes = progress_new(f->said, false);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->folder = test_folder();
	f->path = path_join(f->folder, "store");
	f->said = tmpfile();
	reopen(f);
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

/* How many lines were said since the last time. */
static unsigned lines_said(struct fixture *f)
{
	unsigned n = 0;
	int c;

	rewind(f->said);
	while ((c = fgetc(f->said)) != EOF)
		n += c == '\n';
	assert_int_equal(ftruncate(fileno(f->said), 0), 0);
	rewind(f->said);
	return n;
}

static char *below(const struct fixture *f, const char *name)
{
	return path_join(f->path, name);
}

static void write_text(const struct fixture *f, const char *name, const char *text)
{
	_cleanup_free_ char *path = below(f, name);
	struct error *err = NULL;

	assert_done(file_write(path, span_string(text), &err), &err);
}

static int make_tree(void *context, const char *directory, struct error **err)
{
	struct fixture *f = context;
	_cleanup_free_ char *bin = path_join(directory, "bin");
	_cleanup_free_ char *tool = path_join(directory, "bin/tool");
	_cleanup_free_ char *link = path_join(directory, "link");
	_cleanup_free_ char *text = path_join(directory, "text");
	int r = directory_make(bin, err);

	f->made++;
	if (r >= 0)
		r = file_write(tool, SPAN_LITERAL("#!"), err);
	if (r >= 0)
		r = file_write(text, SPAN_LITERAL("right"), err);
	if (r >= 0 && (chmod(tool, 0755) < 0 || symlink("bin", link) < 0))
		r = error_errno(err, errno, "%s", directory);
	return r;
}

static void make(struct fixture *f)
{
	_cleanup_free_ char *path = NULL;
	struct error *err = NULL;

	assert_done(store_folder(&f->store, STORE_STEPS, "k", make_tree, f, &path, &err), &err);
}

static void test_whole(void **state)
{
	struct fixture *f = *state;

	make(f);
	make(f);
	reopen(f);
	make(f);
	assert_int_equal(f->made, 1);
	assert_int_equal(lines_said(f), 0);
}

static void edit(const struct fixture *f)
{
	write_text(f, "steps/k/text", "wrong");
}

static void add_file(const struct fixture *f)
{
	write_text(f, "steps/k/bin/more", "");
}

static void remove_file(const struct fixture *f)
{
	_cleanup_free_ char *path = below(f, "steps/k/text");

	assert_int_equal(unlink(path), 0);
}

static void remove_bit(const struct fixture *f)
{
	_cleanup_free_ char *path = below(f, "steps/k/bin/tool");

	assert_int_equal(chmod(path, 0644), 0);
}

static void turn_link(const struct fixture *f)
{
	_cleanup_free_ char *path = below(f, "steps/k/link");

	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
}

static void replace_by_pipe(const struct fixture *f)
{
	_cleanup_free_ char *path = below(f, "steps/k/text");

	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
}

static void open_to_others(const struct fixture *f)
{
	_cleanup_free_ char *path = below(f, "steps/k");

	assert_int_equal(chmod(path, 0777), 0);
}

static void break_sums(const struct fixture *f)
{
	write_text(f, "steps/k.sum", "nonsense\n");
}

static void remove_sums(const struct fixture *f)
{
	_cleanup_free_ char *path = below(f, "steps/k.sum");

	assert_int_equal(unlink(path), 0);
}

static void test_damage(void **state)
{
	static const struct {
		void (*damage)(const struct fixture *f);
		const char *what; /* NULL: unfinished, of which nothing is said */
	} cases[] = {
		{edit, "text"},
		{add_file, "bin/more"},
		{remove_file, "text"},
		{remove_bit, "bin/tool"},
		{turn_link, "link"},
		{replace_by_pipe, "text"},
		{open_to_others, "its owner or mode is another"},
		{break_sums, "bin"},
		{remove_sums, NULL},
	};
	struct fixture *f = *state;
	struct error *err = NULL;

	make(f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(store_verification_release) struct store_verification v = {0};
		_cleanup_free_ char *what = NULL;
		enum store_folder_state seen;

		cases[i].damage(f);
		reopen(f);
		f->made = 0;
		assert_done(store_inspect_folder(&f->store, STORE_STEPS, "k", &seen, &what, &err),
			    &err);
		assert_int_equal(seen,
				 cases[i].what ? STORE_FOLDER_DAMAGED : STORE_FOLDER_UNFINISHED);
		if (cases[i].what && i < 7)
			assert_string_equal(what, cases[i].what);
		assert_done(store_verify(&f->store, NULL, &v, &err), &err);
		assert_int_equal(v.damaged.n, cases[i].what ? 1 : 0);
		assert_int_equal(v.amounts[STORE_KIND_PARTIAL].n, cases[i].what ? 0 : 1);
		assert_int_equal(lines_said(f), 0);
		make(f);
		assert_int_equal(f->made, 1);
		assert_int_equal(lines_said(f), cases[i].what ? 1 : 0);
		reopen(f);
		make(f);
		assert_int_equal(f->made, 1);
	}
}

static void test_blob(void **state)
{
	struct fixture *f = *state;
	struct digest d = digest_bytes(DIGEST_SHA256, SPAN_LITERAL("right"));
	_cleanup_free_ char *path = store_blob_path(&f->store, &d);
	_cleanup_free_ char *file = below(f, "partial/x");
	struct error *err = NULL;

	assert_false(store_check_blob(&f->store, &d));
	write_text(f, "partial/x", "right");
	assert_done(store_adopt(&f->store, file, &d, 5, &err), &err);
	reopen(f);
	assert_true(store_check_blob(&f->store, &d));
	reopen(f);
	assert_done(file_write(path, SPAN_LITERAL("wrong"), &err), &err);
	assert_true(store_has_blob(&f->store, &d, 5));
	assert_false(store_check_blob(&f->store, &d));
	assert_false(path_exists(path));
	assert_int_equal(lines_said(f), 1);
}

/* What was fetched is taken only if it is what was wanted, and does not stay otherwise. */
static void test_wrong_blob(void **state)
{
	static const char *const texts[] = {"wrong", "right and more", "r"};
	struct fixture *f = *state;
	struct digest d = digest_bytes(DIGEST_SHA256, SPAN_LITERAL("right"));
	_cleanup_free_ char *file = below(f, "partial/x");

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		write_text(f, "partial/x", texts[i]);
		assert_int_equal(store_adopt(&f->store, file, &d, 5, NULL), -ERROR_REFUSED);
		assert_false(path_exists(file));
		assert_false(store_has_blob(&f->store, &d, 5));
	}
}

static void test_owner(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *roots = below(f, "roots");
	_cleanup_free_ char *message = NULL;
	struct error *err = NULL;
	struct store s = {0};

	assert_int_equal(chmod(f->path, 0775), 0);
	message = string_printf("store: '%s' may be written by others (mode 0775): make sure that "
				"nobody has, then 'chmod go-w' it",
				f->path);
	assert_failed(store_open(f->path, &s, &err), ERROR_REFUSED, message, &err);
	assert_int_equal(chmod(f->path, 0755), 0);
	assert_int_equal(chmod(roots, 0757), 0);
	assert_int_equal(store_open(f->path, &s, NULL), -ERROR_REFUSED);
	assert_int_equal(chmod(roots, 0700), 0);
	assert_done(store_open(f->path, &s, &err), &err);
	store_release(&s);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(roots, 1234, 0), 0);
	free(message);
	message =
		string_printf("store: '%s' belongs to user 1234, not to user 0 who runs this: use "
			      "another with --store",
			      roots);
	assert_failed(store_open(f->path, &s, &err), ERROR_REFUSED, message, &err);
}

/* Leaves a blob of that text. */
static char *add_blob(struct fixture *f, const char *text)
{
	struct digest d = digest_bytes(DIGEST_SHA256, span_string(text));
	_cleanup_free_ char *file = below(f, "partial/x");
	char hex[DIGEST_HEX_MAX];
	struct error *err = NULL;

	write_text(f, "partial/x", text);
	assert_done(store_adopt(&f->store, file, &d, strlen(text), &err), &err);
	digest_hex(&d, hex);
	return path_join("blobs", hex);
}

static void test_gc(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *kept = add_blob(f, "kept");
	_cleanup_free_ char *step = below(f, "steps/k"), *sums = below(f, "steps/k.sum");
	_cleanup_free_ char *partial = below(f, "partial/half");
	struct store_gc_options o = {.steps_before = 0, .dry_run = true};
	struct store_amount amounts[STORE_KINDS_];
	struct error *err = NULL;
	struct store other = {0};

	free(add_blob(f, "gone"));
	make(f);
	write_text(f, "partial/half", "hal");
	assert_int_equal(string_list_add(&o.keep, kept), 0);
	assert_done(store_gc(&f->store, &o, amounts, &err), &err);
	assert_int_equal(amounts[STORE_KIND_BLOB].n, 1);
	assert_int_equal(amounts[STORE_KIND_BLOB].bytes, 4);
	assert_int_equal(amounts[STORE_KIND_STEP].n, 0);
	assert_int_equal(amounts[STORE_KIND_PARTIAL].n, 1);
	assert_true(path_exists(partial));
	/* Somebody builds. */
	reopen(f);
	assert_done(store_open(f->path, &other, &err), &err);
	o.dry_run = false;
	o.steps_before = INT64_MAX;
	assert_int_equal(store_gc(&f->store, &o, amounts, NULL), -EBUSY);
	assert_true(path_exists(partial));
	store_release(&other);
	assert_done(store_gc(&f->store, &o, amounts, &err), &err);
	assert_int_equal(amounts[STORE_KIND_STEP].n, 1);
	assert_int_equal(amounts[STORE_KIND_STEP].bytes, 7);
	assert_false(path_exists(partial) || path_exists(step) || path_exists(sums));
	reopen(f);
	assert_done(store_gc(&f->store, &o, amounts, &err), &err);
	for (size_t i = 0; i < STORE_KINDS_; i++)
		assert_int_equal(amounts[i].n, 0);
	string_list_release(&o.keep);
}

static void test_sums(void **state)
{
	static const struct {
		const char *expected, *found, *difference;
	} cases[] = {
		{"", "", NULL},
		{"d - a\n", "d - a\n", NULL},
		{"d - a\n", "", "a"},
		{"", "d - b c\n", "b c"},
		{"f 1 a\nf 1 b\n", "f 1 a\nf 2 b\n", "b"},
		{"f 1 a\nf 1 c\n", "f 1 a\nf 1 b\nf 1 c\n", "b"},
		{"f 1 a\nf 1 b\nf 1 c\n", "f 1 a\nf 1 c\n", "b"},
		{"f 1 a\n", "x 1 a\n", "a"},
		{"odd", "f 1 z\n", "odd"},
	};
	struct fixture *f = *state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1000);
	_cleanup_free_ char *folder = below(f, "partial");
	struct error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *difference = store_sums_difference(
			span_string(cases[i].expected), span_string(cases[i].found));

		if (cases[i].difference)
			assert_string_equal(difference, cases[i].difference);
		else
			assert_null(difference);
	}
	write_text(f, "partial/a\nd - b\\", "");
	assert_done(store_sums(folder, &b, &err), &err);
	assert_string_equal(buffer_text(&b),
			    "f e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495"
			    "991b7852b855 a\\0ad - b\\5c\n");
}

/* One file of a folder, without the rest of it. */
static void test_read_file(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(100), again = BUFFER_INIT(100),
						none = BUFFER_INIT(100);
	struct error *err = NULL;

	make(f);
	assert_done(store_read_file(&f->store, STORE_STEPS, "k", "text", 100, &text, &err), &err);
	assert_string_equal(buffer_text(&text), "right");
	write_text(f, "steps/k/bin/tool", "other");
	assert_done(store_read_file(&f->store, STORE_STEPS, "k", "text", 100, &again, &err), &err);
	write_text(f, "steps/k/text", "wrong");
	assert_int_equal(store_read_file(&f->store, STORE_STEPS, "k", "text", 100, &none, NULL),
			 -ERROR_REFUSED);
	assert_int_equal(store_read_file(&f->store, STORE_STEPS, "other", "text", 100, &none, NULL),
			 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_blob, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_blob, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_owner, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gc, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sums, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_file, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
