#include "test.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "tree/policy.h"
#include "tree/tree.h"

static struct tree_entry directory(const char *path, uint16_t mode, const char *origin)
{
	return (struct tree_entry){
		.path = path, .type = TREE_DIRECTORY, .mode = mode, .origin = origin};
}

static struct tree_entry file(const char *path, const char *text, const char *origin)
{
	return (struct tree_entry){
		.path = path,
		.type = TREE_FILE,
		.mode = 0644,
		.content = {.size = strlen(text), .bytes = (const uint8_t *)text},
		.origin = origin,
	};
}

static struct tree_entry link_to(const char *path, const char *target, const char *origin)
{
	return (struct tree_entry){.path = path,
				   .type = TREE_SYMLINK,
				   .mode = 0777,
				   .target = target,
				   .origin = origin};
}

static void add(struct tree *t, struct tree_entry e)
{
	struct error *err = NULL;

	assert_done(tree_add(t, &e, TREE_REFUSE, &err), &err);
}

static void test_order(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	static const char *const expected[] = {"a", "a/b", "a/b/c", "a.txt", "z"};

	(void)state;
	add(t, file("z", "1", "p"));
	add(t, file("a/b/c", "2", "p"));
	add(t, directory("a", 0755, "p"));
	add(t, file("a.txt", "3", "p"));
	add(t, directory("a/b", 0755, "p"));
	assert_int_equal(tree_count(t), 5);
	/* Byte order: "." sorts before "/". */
	assert_string_equal(tree_at(t, 1)->path, "a.txt");
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_non_null(tree_find(t, expected[i]));
	for (size_t i = 1; i < tree_count(t); i++)
		assert_true(strcmp(tree_at(t, i - 1)->path, tree_at(t, i)->path) < 0);
}

static void test_conflicts(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	struct tree_entry other = file("f", "two", "second"), same = file("f", "one", "second");
	struct tree_entry no_directory = file("d", "x", "second");
	struct error *err = NULL;

	(void)state;
	add(t, file("f", "one", "first"));
	add(t, directory("d", 0755, "first"));
	/* Two packages may bring the same thing. */
	assert_done(tree_add(t, &same, TREE_REFUSE, &err), &err);
	assert_failed(tree_add(t, &other, TREE_REFUSE, &err), EEXIST,
		      "'f' is in both 'first' and 'second'", &err);
	assert_done(tree_add(t, &other, TREE_REPLACE, &err), &err);
	assert_memory_equal(tree_find(t, "f")->content.bytes, "two", 3);
	assert_string_equal(tree_find(t, "f")->origin, "second");
	assert_failed(tree_add(t, &no_directory, TREE_REPLACE, &err), EISDIR,
		      "'d' is a directory in 'first': the file of 'second' cannot replace it",
		      &err);
}

static void test_bad_paths(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	static const char *const bad[] = {"", "/a", "a/", "../a", "a/../b", "a//b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree_entry e = file(bad[i], "", "p");

		assert_int_equal(tree_add(t, &e, TREE_REFUSE, NULL), -ERROR_REFUSED);
	}
}

static void test_parents(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	struct error *err = NULL;

	(void)state;
	add(t, file("usr/lib/x/y", "", "p"));
	assert_done(tree_add_parents(t, &err), &err);
	assert_int_equal(tree_count(t), 4);
	assert_int_equal(tree_find(t, "usr/lib")->type, TREE_DIRECTORY);
	add(t, link_to("lib", "usr/lib", "base"));
	add(t, file("lib/z", "", "evil"));
	assert_failed(tree_add_parents(t, &err), ENOTDIR,
		      "'lib/z' lies below 'lib', a symbolic link of 'base'", &err);
}

static void test_resolve(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	struct error *err = NULL;

	(void)state;
	add(t, file("usr/bin/dash", "", "p"));
	add(t, link_to("bin", "usr/bin", "p"));
	add(t, link_to("usr/bin/sh", "dash", "p"));
	add(t, link_to("etc/alternatives/sh", "/bin/sh", "p"));
	add(t, link_to("up", "../../usr/bin/dash", "p"));
	add(t, link_to("loop", "loop", "p"));
	assert_done(tree_add_parents(t, &err), &err);
	assert_string_equal(tree_resolve(t, "bin/sh")->path, "usr/bin/dash");
	assert_string_equal(tree_resolve(t, "etc/alternatives/sh")->path, "usr/bin/dash");
	/* Above the root is the root, as for the kernel. */
	assert_string_equal(tree_resolve(t, "up")->path, "usr/bin/dash");
	assert_string_equal(tree_resolve(t, "usr/../bin/./dash")->path, "usr/bin/dash");
	assert_null(tree_resolve(t, "loop"));
	assert_null(tree_resolve(t, "bin/none"));
	assert_null(tree_resolve(t, "usr/bin/dash/x"));
}

static bool is_named(const struct tree_entry *e, void *name)
{
	return string_equal(e->path, name);
}

static void test_many(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	char path[32];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(path, sizeof path, "f%u", (i * 7919) % 20000);
		add(t, file(path, "x", "p"));
	}
	assert_int_equal(tree_count(t), 20000);
	assert_string_equal(tree_at(t, 0)->path, "f0");
	assert_int_equal(tree_filter(t, is_named, (char[]){"f0"}), 1);
	assert_null(tree_find(t, "f0"));
	assert_non_null(tree_find(t, "f19999"));
}

static void test_materialise(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	_cleanup_(tree_freep) struct tree *back = tree_new();
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "bin/tool");
	struct error *err = NULL;
	struct tree_entry tool = file("bin/tool", "#!", "p");
	struct stat st;

	(void)state;
	tool.mode = 04755;
	tool.uid = 7;
	add(t, tool);
	add(t, link_to("sh", "bin/tool", "p"));
	assert_done(tree_add_parents(t, &err), &err);
	assert_done(tree_materialise(t, folder, &err), &err);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(st.st_mtime, 0);
	assert_int_equal(st.st_uid, getuid());
	assert_done(tree_add_directory(back, folder, "usr", "disk", TREE_REFUSE, &err), &err);
	assert_int_equal(tree_find(back, "usr/bin/tool")->mode, 0755);
	assert_string_equal(tree_find(back, "usr/sh")->target, "bin/tool");
	test_folder_free(folder);
}

/* Two names of one file stay that; the same content of another owner is another file. */
static void test_materialise_names(void **state)
{
	static const char *const names[] = {"bin/again", "bin/tool", "owned"};
	_cleanup_(tree_freep) struct tree *t = tree_new();
	char *folder = test_folder();
	_cleanup_free_ char *source = path_join(folder, "source");
	_cleanup_free_ char *root = path_join(folder, "root");
	struct error *err = NULL;
	struct stat st[ARRAY_SIZE(names)];

	(void)state;
	assert_done(file_write(source, SPAN_LITERAL("#!"), &err), &err);
	assert_done(directory_make(root, &err), &err);
	for (size_t i = ARRAY_SIZE(names); i > 0; i--) {
		struct tree_entry e = file(names[i - 1], "", "p");

		e.content = (struct content){.size = 2, .file = source};
		e.link = 1;
		e.uid = i == 3;
		add(t, e);
	}
	assert_done(tree_add_parents(t, &err), &err);
	assert_done(tree_materialise(t, root, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_join(root, names[i]);

		assert_int_equal(stat(path, &st[i]), 0);
	}
	assert_int_equal(st[0].st_ino, st[1].st_ino);
	assert_int_equal(st[0].st_nlink, 2);
	assert_int_not_equal(st[0].st_ino, st[2].st_ino);
	test_folder_free(folder);
}

static void list_add(struct string_list *l, const char *s)
{
	assert_int_equal(string_list_add(l, s), 0);
}

static void test_remove_patterns(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	_cleanup_(string_list_release) struct string_list remove = {0}, keep = {0};
	struct error *err = NULL;

	(void)state;
	add(t, file("usr/share/doc/a/copyright", "", "a"));
	add(t, file("usr/share/doc/b/copyright", "", "b"));
	add(t, file("usr/share/documents", "", "a"));
	assert_done(tree_add_parents(t, &err), &err);
	list_add(&remove, "usr/share/doc");
	list_add(&keep, "usr/share/doc/b/*");
	assert_done(policy_remove(t, &remove, &keep, &err), &err);
	assert_null(tree_find(t, "usr/share/doc/a/copyright"));
	assert_null(tree_find(t, "usr/share/doc/a"));
	assert_non_null(tree_find(t, "usr/share/doc/b/copyright"));
	assert_non_null(tree_find(t, "usr/share/doc/b"));
	assert_non_null(tree_find(t, "usr/share/documents"));
	/* "doc.old" sorts between "doc" and what lies in it. */
	add(t, file("doc/x", "", "a"));
	add(t, file("doc.old/y", "", "a"));
	assert_done(tree_add_parents(t, &err), &err);
	string_list_release(&remove);
	list_add(&remove, "doc");
	list_add(&remove, "doc.old");
	assert_done(policy_remove(t, &remove, &keep, &err), &err);
	assert_null(tree_find(t, "doc/x"));
	assert_null(tree_find(t, "doc.old"));
	list_add(&remove, "usr/share/info");
	assert_failed(policy_remove(t, &remove, &keep, &err), ENOENT, "Remove=doc matches nothing",
		      &err);
}

static void test_remove_spares_recipe(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	_cleanup_(string_list_release) struct string_list remove = {0}, keep = {0};
	struct tree_entry own = file("etc/x/a.conf.d/own.conf", "same", "images/base/files");
	struct error *err = NULL;

	(void)state;
	/* The package has the same bytes: the recipe's is meant nevertheless. */
	add(t, file(own.path, "same", "x"));
	own.asked = true;
	assert_done(tree_add(t, &own, TREE_REPLACE, &err), &err);
	add(t, file("etc/x/b.conf", "", "x"));
	assert_done(tree_add_parents(t, &err), &err);
	list_add(&remove, "etc/x/*.conf");
	assert_failed(policy_remove(t, &remove, &keep, &err), ERROR_REFUSED,
		      "Remove=etc/x/*.conf takes away 'etc/x/a.conf.d/own.conf', which "
		      "'images/base/files' brings: make the pattern narrower or say "
		      "Keep=etc/x/a.conf.d/own.conf",
		      &err);
	/* By the folder, too. */
	string_list_release(&remove);
	assert_done(tree_add(t, &own, TREE_REPLACE, &err), &err);
	assert_done(tree_add_parents(t, &err), &err);
	list_add(&remove, "etc/x");
	assert_failed(policy_remove(t, &remove, &keep, &err), ERROR_REFUSED,
		      "Remove=etc/x takes away 'etc/x/a.conf.d/own.conf', which "
		      "'images/base/files' brings: make the pattern narrower or say "
		      "Keep=etc/x/a.conf.d/own.conf",
		      &err);
	assert_done(tree_add(t, &own, TREE_REPLACE, &err), &err);
	add(t, file("etc/x/b.conf", "", "x"));
	assert_done(tree_add_parents(t, &err), &err);
	list_add(&keep, "etc/x/a.conf.d/own.conf");
	assert_done(policy_remove(t, &remove, &keep, &err), &err);
	assert_non_null(tree_find(t, own.path));
	assert_null(tree_find(t, "etc/x/b.conf"));
}

static void write_sample(const char *folder, const char *name, const char *text, mode_t mode)
{
	_cleanup_free_ char *path = path_join(folder, name);
	FILE *f = path ? fopen(path, "w") : NULL;

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

/* Neither the modes of the disk nor what an editor left there come in silently. */
static void test_working_copy(void **state)
{
	static const char *const left[] = {"a~",    "#a#",    ".#a",	   ".a.swp",
					   "a.bak", "a.orig", ".gitignore"};
	_cleanup_(tree_freep) struct tree *t = tree_new();
	char *folder = test_folder();
	struct error *err = NULL;

	(void)state;
	write_sample(folder, "conf", "[Unit]\n", 0777);
	write_sample(folder, "script", "#!/bin/sh\n", 0600);
	write_sample(folder, "program", "\177ELF\2", 0600);
	write_sample(folder, "short", "#", 0755);
	write_sample(folder, "empty", "", 0755);
	assert_done(tree_add_overlay(t, folder, &err), &err);
	assert_int_equal(tree_find(t, "conf")->mode, 0644);
	assert_int_equal(tree_find(t, "script")->mode, 0755);
	assert_int_equal(tree_find(t, "program")->mode, 0755);
	assert_int_equal(tree_find(t, "short")->mode, 0644);
	assert_int_equal(tree_find(t, "empty")->mode, 0644);
	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		_cleanup_(tree_freep) struct tree *refused = tree_new();
		_cleanup_free_ char *path = path_join(folder, left[i]);

		write_sample(folder, left[i], "", 0644);
		assert_int_equal(tree_add_overlay(refused, folder, &err), -ERROR_REFUSED);
		assert_non_null(strstr(error_message(err), path));
		assert_non_null(strstr(error_message(err), "delete it, or give it another name"));
		error_free(TAKE_PTR(err));
		assert_int_equal(unlink(path), 0);
	}
	test_folder_free(folder);
}

static void test_refused_modes(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	_cleanup_(string_list_release) struct string_list set_id = {0};
	struct tree_entry su = file("usr/bin/su", "", "login"), open_file = file("x", "", "evil");
	struct tree_entry wall = file("usr/bin/wall", "", "bsdutils");
	struct error *err = NULL;

	(void)state;
	su.mode = 04755;
	add(t, su);
	add(t, directory("tmp", 01777, "base"));
	assert_failed(policy_check(t, &set_id, &err), ERROR_REFUSED,
		      "'usr/bin/su' of 'login' has set-id bits (4755) that no SetId= declares",
		      &err);
	list_add(&set_id, "usr/bin/su");
	assert_done(policy_check(t, &set_id, &err), &err);
	wall.mode = 02755;
	add(t, wall);
	assert_failed(policy_check(t, &set_id, &err), ERROR_REFUSED,
		      "'usr/bin/wall' of 'bsdutils' has set-id bits (2755) that no SetId= declares",
		      &err);
	list_add(&set_id, "usr/bin/wall");
	assert_done(policy_check(t, &set_id, &err), &err);
	open_file.mode = 0666;
	add(t, open_file);
	assert_failed(policy_check(t, &set_id, &err), ERROR_REFUSED,
		      "'x' of 'evil' can be written by everybody (0666)", &err);
}

static void test_duplicates(void **state)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	_cleanup_(tree_freep) struct tree *package = tree_new();
	_cleanup_(string_list_release) struct string_list declared = {0};
	struct error *err = NULL;

	(void)state;
	add(t, file("f", "one", "first"));
	add(package, file("f", "two", "second"));
	assert_failed(policy_merge_package(t, package, &declared, &err), EEXIST,
		      "'f' is in both 'first' and 'second'", &err);
	list_add(&declared, "f");
	assert_done(policy_merge_package(t, package, &declared, &err), &err);
	assert_string_equal(tree_find(t, "f")->origin, "second");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_bad_paths),	cmocka_unit_test(test_parents),
		cmocka_unit_test(test_resolve),		cmocka_unit_test(test_many),
		cmocka_unit_test(test_materialise),	cmocka_unit_test(test_materialise_names),
		cmocka_unit_test(test_remove_patterns), cmocka_unit_test(test_remove_spares_recipe),
		cmocka_unit_test(test_working_copy),	cmocka_unit_test(test_refused_modes),
		cmocka_unit_test(test_duplicates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
