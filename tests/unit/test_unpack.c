#include "test.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "base/file.h"
#include "packages/component.h"
#include "packages/licence.h"
#include "packages/unpack.h"
#include "packages/unpack_index.h"

/* One member of a package made here. */
struct member {
	const char *path;
	unsigned type; /* AE_IF... */
	unsigned mode;
	const char *text; /* content of a file, target of a link */
	bool hard_link;
};

struct fixture {
	char *folder;
	struct store store;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->folder = test_folder();

	_cleanup_free_ char *path = path_join(f->folder, "store");

	assert_int_equal(store_open(path, &f->store, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_release(&f->store);
	test_folder_free(f->folder);
	free(f);
	return 0;
}

static void write_member(struct archive *a, const struct member *m)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, m->path);
	archive_entry_set_filetype(e, m->type);
	archive_entry_set_perm(e, m->mode);
	if (m->hard_link)
		archive_entry_set_hardlink(e, m->text);
	else if (m->type == AE_IFLNK)
		archive_entry_set_symlink(e, m->text);
	else if (m->type == AE_IFREG)
		archive_entry_set_size(e, (la_int64_t)strlen(m->text));
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	if (m->type == AE_IFREG && !m->hard_link && m->text[0])
		assert_int_equal(archive_write_data(a, m->text, strlen(m->text)),
				 (la_ssize_t)strlen(m->text));
	archive_entry_free(e);
}

static size_t make_tar(const struct member *members, size_t n, uint8_t *out, size_t size)
{
	struct archive *a = archive_write_new();
	size_t used = 0;

	archive_write_set_format_gnutar(a);
	archive_write_add_filter_gzip(a);
	archive_write_open_memory(a, out, size, &used);
	for (size_t i = 0; i < n; i++)
		write_member(a, &members[i]);
	archive_write_close(a);
	archive_write_free(a);
	return used;
}

static void put_ar_member(struct buffer *b, const char *name, struct span content)
{
	buffer_printf(b, "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name, 0, 0, 0, "100644", content.n);
	buffer_put(b, content);
	if (content.n % 2)
		buffer_put_u8(b, '\n');
}

/* A .deb; its digest is what the store knows it by. */
static struct digest add_archive(struct fixture *f, struct span control, struct span data,
				 struct span more_data)
{
	_cleanup_(buffer_release) struct buffer deb = BUFFER_INIT(1 << 20);
	_cleanup_free_ char *path = path_join(f->folder, "deb");
	struct error *err = NULL;

	buffer_put_string(&deb, "!<arch>\n");
	put_ar_member(&deb, "debian-binary", SPAN_LITERAL("2.0\n"));
	put_ar_member(&deb, "control.tar.gz", control);
	put_ar_member(&deb, "data.tar.gz", data);
	if (more_data.n)
		put_ar_member(&deb, "data.tar.xz", more_data);

	struct digest d = digest_bytes(DIGEST_SHA256, buffer_span(&deb));

	assert_done(file_write(path, buffer_span(&deb), &err), &err);
	assert_done(store_adopt(&f->store, path, &d, deb.n, &err), &err);
	return d;
}

static struct digest add_deb(struct fixture *f, const struct member *members, size_t n,
			     const char *script)
{
	static uint8_t data[256 * 1024], control[16 * 1024];
	const struct member control_members[] = {
		{"./control", AE_IFREG, 0644, "Package: p\n", false},
		{script ? script : "./x", AE_IFREG, 0755, "#!", false}};

	return add_archive(f, SPAN(control, make_tar(control_members, 2, control, sizeof control)),
			   SPAN(data, make_tar(members, n, data, sizeof data)), (struct span){0});
}

static void refuses(struct fixture *f, struct span control, struct span data, struct span more_data,
		    const char *message)
{
	struct digest d = add_archive(f, control, data, more_data);
	struct error *err = NULL;
	struct unpacked u = {0};

	assert_failed(unpack_deb(&f->store, &d, "pkg", &u, &err), ERROR_REFUSED, message, &err);
}

/* What is read of a package without reaching the tree. */
static void test_control_limits(void **state)
{
	static uint8_t tar[256 * 1024], data[4096];
	static struct member many[UNPACK_CONTROL_ENTRIES_MAX + 1];
	_cleanup_free_ char *large = malloc(UNPACK_CONTROL_BYTES_MAX + 1);
	const struct member file = {"./f", AE_IFREG, 0644, "x", false};
	struct span good = SPAN(data, make_tar(&file, 1, data, sizeof data));
	struct fixture *f = *state;

	assert_non_null(large);
	memset(large, 'x', UNPACK_CONTROL_BYTES_MAX);
	large[UNPACK_CONTROL_BYTES_MAX] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct member){"./m", AE_IFREG, 0644, "", false};
	refuses(f, SPAN(tar, make_tar(many, ARRAY_SIZE(many), tar, sizeof tar)), good,
		(struct span){0}, "control.tar: more than 1000 entries");
	many[0].text = large;
	refuses(f, SPAN(tar, make_tar(many, 1, tar, sizeof tar)), good, (struct span){0},
		"control.tar: unpacks to more than 16777216 bytes");
	/* Many that are allowed by themselves. */
	large[UNPACK_CONTROL_BYTES_MAX / 4] = 0;
	for (size_t i = 0; i < 5; i++)
		many[i].text = large;
	refuses(f, SPAN(tar, make_tar(many, 5, tar, sizeof tar)), good, (struct span){0},
		"control.tar: unpacks to more than 16777216 bytes");
	refuses(f, good, good, good, "'data.tar.xz' is there twice");
}

static size_t index_of(const struct tree *t, const char *path)
{
	for (size_t i = 0; i < tree_count(t); i++) {
		if (string_equal(tree_at(t, i)->path, path))
			return i;
	}
	fail_msg("no '%s'", path);
	return 0;
}

/* Two names, the first in path order before the other. */
static void assert_one_file(const struct tree *t, const char *first, const char *other)
{
	_cleanup_free_ size_t *names = tree_first_names(t);

	assert_non_null(names);
	assert_int_equal(names[index_of(t, first)], index_of(t, first));
	assert_int_equal(names[index_of(t, other)], index_of(t, first));
}

static void test_package(void **state)
{
	static const struct member members[] = {
		{"./", AE_IFDIR, 0755, NULL, false},
		{"./usr/", AE_IFDIR, 0755, NULL, false},
		{"./usr/bin/", AE_IFDIR, 0755, NULL, false},
		{"./usr/bin/tool", AE_IFREG, 04755, "content", false},
		{"./usr/bin/again", AE_IFREG, 0755, "./usr/bin/tool", true},
		{"./usr/bin/link", AE_IFLNK, 0777, "../../etc/alternatives/tool", false},
		{"./etc/x", AE_IFREG, 0600, "", false},
		{"./usr/share/none-again", AE_IFREG, 0644, "", false},
		{"./usr/share/none", AE_IFREG, 0644, "usr/share/none-again", true},
	};
	struct fixture *f = *state;
	struct digest d = add_deb(f, members, ARRAY_SIZE(members), "./postinst");
	struct error *err = NULL;

	/* Twice: unpacked, then from the store. */
	for (unsigned round = 0; round < 2; round++) {
		_cleanup_(unpacked_release) struct unpacked u = {0};
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(100);

		assert_done(unpack_deb(&f->store, &d, "pkg", &u, &err), &err);
		assert_int_equal(tree_count(u.tree), 10);
		assert_int_equal(tree_find(u.tree, "usr/bin/tool")->mode, 04755);
		assert_string_equal(tree_find(u.tree, "usr/bin/link")->target,
				    "../../etc/alternatives/tool");
		assert_done(content_read(&tree_find(u.tree, "usr/bin/again")->content, 100, &text,
					 &err),
			    &err);
		assert_string_equal(buffer_text(&text), "content");
		assert_one_file(u.tree, "usr/bin/again", "usr/bin/tool");
		assert_one_file(u.tree, "usr/share/none", "usr/share/none-again");
		assert_int_equal(tree_find(u.tree, "etc/x")->link, 0);
		assert_int_equal(u.scripts.n, 1);
		assert_string_equal(u.scripts.items[0], "postinst");
		assert_string_equal(tree_find(u.tree, "usr/bin/tool")->origin, "pkg");
	}
}

static void test_refused(void **state)
{
	static const struct {
		struct member members[2];
		const char *message;
	} cases[] = {
		{{{"/etc/passwd", AE_IFREG, 0644, "x", false}},
		 "'/etc/passwd' is not a path inside the root"},
		{{{"./../etc/passwd", AE_IFREG, 0644, "x", false}},
		 "'./../etc/passwd' is not a path inside the root"},
		{{{"./a/../../b", AE_IFREG, 0644, "x", false}},
		 "'./a/../../b' is not a path inside the root"},
		{{{"./dev/null", AE_IFCHR, 0666, NULL, false}}, "'dev/null' is a device node"},
		{{{"./disk", AE_IFBLK, 0660, NULL, false}}, "'disk' is a device node"},
		{{{"./pipe", AE_IFIFO, 0660, NULL, false}}, "'pipe' is a named pipe"},
		{{{"./a/l", AE_IFLNK, 0777, "../../../etc", false}},
		 "'a/l' is a link that leaves the root: '../../../etc'"},
		{{{"./l", AE_IFLNK, 0777, "/../x", false}},
		 "'l' is a link that leaves the root: '/../x'"},
		{{{"./f", AE_IFREG, 0644, "1", false}, {"./f", AE_IFREG, 0644, "2", false}},
		 "'f' is there twice"},
		{{{"./l", AE_IFLNK, 0777, "etc", false}, {"./l/f", AE_IFREG, 0644, "2", false}},
		 "'l/f' lies below 'l', a symbolic link of 'pkg'"},
		{{{"./h", AE_IFREG, 0644, "./none", true}},
		 "'h' is a hard link to './none', which is no file before it"},
	};
	struct fixture *f = *state;
	struct error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct digest d =
			add_deb(f, cases[i].members, cases[i].members[1].path ? 2 : 1, NULL);
		struct unpacked u = {0};
		int r = unpack_deb(&f->store, &d, "pkg", &u, &err);

		assert_true(r < 0);
		assert_string_equal(error_message(err), cases[i].message);
		error_free(TAKE_PTR(err));
		/* Nothing is left that a later build would take for the package. */
		assert_true(unpack_deb(&f->store, &d, "pkg", &u, NULL) < 0);
	}
}

/* As tar does: a folder may come twice, and the last time counts. */
static void test_folder_twice(void **state)
{
	static const struct member members[] = {
		{"pkg", AE_IFDIR, 0700, NULL, false},
		{"pkg/bin", AE_IFDIR, 0755, NULL, false},
		{"pkg", AE_IFDIR, 0755, NULL, false},
		{"pkg/bin/node", AE_IFREG, 0755, "#!/bin/true\n", false},
	};
	struct fixture *f = *state;
	struct digest d = add_deb(f, members, ARRAY_SIZE(members), NULL);
	_cleanup_(unpacked_release) struct unpacked u = {0};
	struct error *err = NULL;

	assert_done(unpack_deb(&f->store, &d, "pkg", &u, &err), &err);
	assert_int_equal(tree_count(u.tree), 3);
	assert_int_equal(tree_find(u.tree, "pkg")->mode, 0755);
}

static struct digest add_blob(struct fixture *f, struct span bytes)
{
	_cleanup_free_ char *path = path_join(f->folder, "blob");
	struct digest d = digest_bytes(DIGEST_SHA256, bytes);
	struct error *err = NULL;

	assert_done(file_write(path, bytes, &err), &err);
	assert_done(store_adopt(&f->store, path, &d, bytes.n, &err), &err);
	return d;
}

static size_t make_component(int filter, int format, const char *name, uint8_t *out, size_t size)
{
	const struct member program = {name, AE_IFREG, 0755, "#!/bin/true\n", false};
	struct archive *a = archive_write_new();
	size_t used = 0;

	assert_int_equal(archive_write_set_format(a, format), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	archive_write_open_memory(a, out, size, &used);
	write_member(a, &program);
	archive_write_close(a);
	archive_write_free(a);
	return used;
}

/* A component of that kind, of which `from` is installed; *ret_text is what that holds. */
static int install(struct fixture *f, int filter, int format, const char *from,
		   struct buffer *ret_text, struct error **err)
{
	static uint8_t bytes[64 * 1024];
	char name[] = "node", to[] = "usr/bin/node";
	_cleanup_free_ char *copy = strdup(from);
	struct component_file file = {.from = copy, .to = to, .mode = 0755};
	struct component c = {.name = name, .files = &file, .n_files = 1};
	size_t n = make_component(filter, format, "pkg/bin/node", bytes, sizeof bytes);
	char kind[] = "file";
	struct lock_component locked = {.kind = kind, .sha256 = add_blob(f, SPAN(bytes, n))};
	_cleanup_(tree_freep) struct tree *t = NULL;
	int r = component_tree(&f->store, &c, &locked, &t, err);

	return r < 0 ? r : content_read(&tree_find(t, to)->content, 100, ret_text, err);
}

static struct digest add_tarball(struct fixture *f, const struct member *members, size_t n)
{
	static uint8_t bytes[64 * 1024];

	return add_blob(f, SPAN(bytes, make_tar(members, n, bytes, sizeof bytes)));
}

/* A tree of two packages, the second below the first. */
static int install_npm(struct fixture *f, const struct member *first, size_t n,
		       const struct member *second, size_t m, struct tree **ret, struct error **err)
{
	char name[] = "node", kind[] = "npm-lock", folder[] = "usr/lib/node";
	char a[] = "node_modules/a", b[] = "node_modules/a/node_modules/b", version[] = "1";
	struct lock_npm_package packages[] = {
		{.location = a, .version = version, .sha256 = add_tarball(f, first, n)},
		{.location = b, .version = version, .sha256 = add_tarball(f, second, m)},
	};
	const struct component c = {.name = name, .kind = COMPONENT_NPM_LOCK, .directory = folder};
	const struct lock_component locked = {
		.kind = kind, .packages = packages, .n_packages = ARRAY_SIZE(packages)};

	return component_tree(&f->store, &c, &locked, ret, err);
}

static void test_npm_tree(void **state)
{
	static const struct member first[] = {
		{"package", AE_IFDIR, 0700, NULL, false},
		{"package/a.js", AE_IFREG, 0600, "a", false},
		{"package/bin/a", AE_IFREG, 0775, "#!/bin/true\n", false},
		{"package/link", AE_IFLNK, 0777, "a.js", false},
		{"top", AE_IFREG, 0644, "in no package", false},
	};
	static const struct member second[] = {{"other-name/b.js", AE_IFREG, 0666, "b", false}};
	static const struct member clash[] = {
		{"package/node_modules/b/b.js", AE_IFREG, 0644, "other", false}};
	struct fixture *f = *state;
	_cleanup_(tree_freep) struct tree *t = NULL, *none = NULL;
	struct error *err = NULL;

	assert_done(install_npm(f, first, ARRAY_SIZE(first), second, ARRAY_SIZE(second), &t, &err),
		    &err);
	assert_int_equal(tree_count(t), 4);
	assert_int_equal(tree_find(t, "usr/lib/node/node_modules/a/a.js")->mode, 0644);
	assert_int_equal(tree_find(t, "usr/lib/node/node_modules/a/bin/a")->mode, 0755);
	assert_int_equal(tree_find(t, "usr/lib/node/node_modules/a/node_modules/b/b.js")->mode,
			 0644);
	assert_failed(install_npm(f, clash, 1, second, 1, &none, &err), EEXIST,
		      "package 'node_modules/a/node_modules/b' 1: "
		      "'usr/lib/node/node_modules/a/node_modules/b/b.js' is in both "
		      "'node_modules/a' and 'node_modules/a/node_modules/b'",
		      &err);
}

/* Archives and single programs, compressed in every way that recipes may have. */
static void test_components(void **state)
{
	static const int filters[] = {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ,
				      ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_BZIP2};
	struct fixture *f = *state;
	struct error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(100);
		_cleanup_(buffer_release) struct buffer plain = BUFFER_INIT(100);

		assert_done(install(f, filters[i], ARCHIVE_FORMAT_TAR_USTAR, "pkg/bin/node", &text,
				    &err),
			    &err);
		assert_done(install(f, filters[i], ARCHIVE_FORMAT_RAW, ".", &plain, &err), &err);
		assert_string_equal(buffer_text(&text), "#!/bin/true\n");
		assert_string_equal(buffer_text(&plain), "#!/bin/true\n");
	}
}

static void test_components_refused(void **state)
{
	static const struct {
		int format;
		const char *from;
		int code;
		const char *message;
	} cases[] = {
		{ARCHIVE_FORMAT_TAR_USTAR, "pkg/node", ENOENT, "no file 'pkg/node' in its archive"},
		{ARCHIVE_FORMAT_TAR_USTAR, ".", ENOENT, "no file '.' in its archive"},
		{ARCHIVE_FORMAT_TAR_USTAR, "pkg/bin", EISDIR,
		 "'pkg/bin' is a folder: name the files in it, or all by 'pkg/bin/'"},
		{ARCHIVE_FORMAT_RAW, "pkg/bin/node", ENOENT,
		 "no file 'pkg/bin/node': this is one plain file, no tar or zip archive: "
		 "Install=. usr/bin/node 0755"},
	};
	struct fixture *f = *state;
	struct error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(100);

		assert_failed(install(f, ARCHIVE_FILTER_GZIP, cases[i].format, cases[i].from, &text,
				      &err),
			      cases[i].code, cases[i].message, &err);
	}
}

static void test_garbage(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"", "!<arch>\n", "not an archive at all"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct digest d = digest_bytes(DIGEST_SHA256, span_string(texts[i]));
		_cleanup_free_ char *path = path_join(f->folder, "deb");
		struct error *err = NULL;
		struct unpacked u = {0};

		assert_done(file_write(path, span_string(texts[i]), &err), &err);
		assert_done(store_adopt(&f->store, path, &d, strlen(texts[i]), &err), &err);
		assert_int_equal(unpack_deb(&f->store, &d, "pkg", &u, &err), -ERROR_MALFORMED);
		error_free(err);
	}
}

static void test_adopt_refuses(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = path_join(f->folder, "file");
	struct digest wrong = digest_bytes(DIGEST_SHA256, SPAN_LITERAL("other"));
	struct error *err = NULL;

	assert_done(file_write(path, SPAN_LITERAL("bytes"), &err), &err);
	assert_failed(store_adopt(&f->store, path, &wrong, 4, &err), ERROR_REFUSED,
		      "5 bytes, not 4", &err);
	assert_false(path_exists(path));
	assert_done(file_write(path, SPAN_LITERAL("bytes"), &err), &err);
	assert_failed(
		store_adopt(&f->store, path, &wrong, 5, &err), ERROR_REFUSED,
		"SHA-256 is 277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9, "
		"not d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa",
		&err);
	assert_false(path_exists(path));
	assert_false(store_has_blob(&f->store, &wrong, 5));
}

static int make_half(void *context, const char *directory, struct error **err)
{
	_cleanup_free_ char *path = path_join(directory, "half");
	int r = file_write(path, SPAN_LITERAL("x"), err);

	(*(unsigned *)context)++;
	return r < 0 ? r : *(unsigned *)context == 1 ? error_set(err, -EIO, "cut short") : 0;
}

static void test_folder_is_whole(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *again = NULL;
	struct error *err = NULL;
	unsigned calls = 0;

	assert_failed(store_folder(&f->store, "steps", "k", make_half, &calls, &path, &err), EIO,
		      "cut short", &err);
	assert_done(store_folder(&f->store, "steps", "k", make_half, &calls, &path, &err), &err);
	assert_done(store_folder(&f->store, "steps", "k", make_half, &calls, &again, &err), &err);
	assert_int_equal(calls, 2);
	assert_string_equal(path, again);
}

static void test_index_is_strict(void **state)
{
	_cleanup_(unpacked_release) struct unpacked u = {.tree = tree_new(),
							 .licence = {.declared = strdup("MIT"),
								     .concluded = strdup("Zlib"),
								     .shared = strdup("p")}};
	_cleanup_(buffer_release) struct buffer index = BUFFER_INIT(UNPACK_INDEX_MAX);
	const struct tree_entry e = {.path = "f",
				     .type = TREE_FILE,
				     .mode = 0644,
				     .content = {.size = 5, .file = "data", .offset = 2}};
	struct error *err = NULL;
	struct unpacked back = {0};

	(void)state;
	assert_done(tree_add(u.tree, &e, TREE_REFUSE, &err), &err);
	assert_done(unpack_index_encode(&u, &index, &err), &err);
	assert_done(unpack_index_parse(buffer_span(&index), "d", 7, "p", &back, &err), &err);
	assert_string_equal(back.licence.declared, "MIT");
	assert_string_equal(back.licence.concluded, "Zlib");
	assert_string_equal(back.licence.shared, "p");
	assert_int_equal(tree_find(back.tree, "f")->content.offset, 2);
	unpacked_release(&back);
	assert_failed(unpack_index_parse(buffer_span(&index), "d", 6, "p", &back, &err),
		      ERROR_MALFORMED, "index: 'f' lies outside the data", &err);
	for (size_t n = 0; n < index.n; n++)
		assert_true(unpack_index_parse(SPAN(index.p, n), "d", 7, "p", &back, NULL) < 0);
}

static void test_licences(void **state)
{
	static const struct {
		const char *text, *declared, *concluded;
	} cases[] = {
		{"", "", ""},
		{"This package is under the GPL.\n", "", ""},
		{"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
		 "Files: *\nLicense: MIT\n text\n\nFiles: x\nLicense: GPL-2+\n\nLicense: MIT\n",
		 "GPL-2+, MIT", ""},
		/* Prose within a file that declares something is not read. */
		{"Format: x\nLicense: MIT\n Copies: LGPLv3+\n", "MIT", ""},
		{"It is LGPLv3+, and GPLv2+.\n", "", "GPL-2+, LGPL-3+"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(licence_release) struct licence l = {0};
		struct error *err = NULL;

		assert_done(licence_read(span_string(cases[i].text), &l, &err), &err);
		assert_string_equal(l.declared, cases[i].declared);
		assert_string_equal(l.concluded, cases[i].concluded);
		assert_string_equal(l.shared, "");
	}
}

/* A link is followed within one source package, however often, and not in circles. */
static void test_shared_licences(void **state)
{
	static char nothing[] = "", mit[] = "MIT", base[] = "base", middle[] = "middle",
		    round[] = "round", absent[] = "absent";
	const struct licence own = {mit, nothing, nothing}, to_base = {nothing, nothing, base},
			     to_middle = {nothing, nothing, middle},
			     to_round = {nothing, nothing, round},
			     to_absent = {nothing, nothing, absent};
	const struct licence_owner all[] = {
		{"base", "pool/g/gcc/base.deb", &own},
		{"middle", "pool/g/gcc/middle.deb", &to_base},
		{"top", "pool/g/gcc/top.deb", &to_middle},
		{"foreign", "pool/x/other/foreign.deb", &to_base},
		{"round", "pool/g/gcc/round.deb", &to_round},
		{"lost", "pool/g/gcc/lost.deb", &to_absent},
		{"unknown", "pool/g/gcc/unknown.deb", NULL},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(licence_of(all, ARRAY_SIZE(all), i), &own);
	for (size_t i = 3; i < ARRAY_SIZE(all); i++)
		assert_null(licence_of(all, ARRAY_SIZE(all), i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_package, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_control_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folder_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_npm_tree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_components, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_components_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_garbage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_adopt_refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folder_is_whole, set_up, tear_down),
		cmocka_unit_test(test_index_is_strict),
		cmocka_unit_test(test_licences),
		cmocka_unit_test(test_shared_licences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
