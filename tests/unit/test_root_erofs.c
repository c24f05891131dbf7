/* The tar stream and the running of mkfs.erofs, which a function stands for. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "image/root_erofs.h"

#define STREAM_MAX (8u << 20)

static const uint8_t uuid[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x86, 0x77,
				 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

/* What the tool got, and what it shall return. */
struct fake_tool {
	struct buffer input;
	char *command;
	size_t read_max;
	int result;
};

static int run_fake(void *context, const char *const *argv, int stdin_fd, const char *output_dir,
		    struct error **err)
{
	_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(4096);
	struct fake_tool *t = context;
	uint8_t chunk[65536];
	ssize_t got = 1;

	(void)output_dir;
	for (const char *const *a = argv; *a; a++)
		buffer_printf(&command, "%s%s", a == argv ? "" : " ", *a);
	t->command = buffer_steal_text(&command);
	while (got > 0 && t->input.n < t->read_max) {
		got = read(stdin_fd, chunk, MIN(sizeof(chunk), t->read_max - t->input.n));
		assert_true(got >= 0);
		buffer_put(&t->input, SPAN(chunk, (size_t)got));
	}
	return t->result < 0 ? error_set(err, t->result, "mkfs.erofs exited with status 1") : 0;
}

static void add(struct tree *t, const char *path, enum tree_type type, struct content c)
{
	struct error *err = NULL;
	const struct tree_entry e = {
		.path = path,
		.type = type,
		.mode = 0755,
		.target = type == TREE_SYMLINK ? "bin/large" : NULL,
		.content = c,
		.origin = "test",
	};

	assert_done(tree_add(t, &e, TREE_REFUSE, &err), &err);
}

/* A tree with small and large contents, in memory and in a file. */
static struct tree *make_tree(const char *source, const uint8_t *bytes, size_t n)
{
	struct tree *t = tree_new();

	assert_non_null(t);
	add(t, "bin", TREE_DIRECTORY, (struct content){0});
	add(t, "bin/inline", TREE_FILE, (struct content){.size = 5, .bytes = bytes});
	add(t, "bin/large", TREE_FILE,
	    (struct content){.size = n - 1, .file = source, .offset = 1});
	add(t, "bin/large-inline", TREE_FILE, (struct content){.size = n, .bytes = bytes});
	add(t, "bin/small", TREE_FILE,
	    (struct content){.size = 600, .file = source, .offset = 100});
	add(t, "empty", TREE_FILE, (struct content){0});
	add(t, "link", TREE_SYMLINK, (struct content){0});
	return t;
}

struct fixture {
	char *folder, *source;
	uint8_t *bytes;
	size_t n;
	struct tree *tree;
};

static void make_fixture(struct fixture *f)
{
	struct error *err = NULL;

	*f = (struct fixture){.folder = test_folder(), .n = 1000003};
	f->source = path_join(f->folder, "source");
	f->bytes = malloc(f->n);
	assert_non_null(f->source);
	assert_non_null(f->bytes);
	for (size_t i = 0; i < f->n; i++)
		f->bytes[i] = (uint8_t)(i * 7 + i / 251);
	assert_done(file_write(f->source, SPAN(f->bytes, f->n), &err), &err);
	f->tree = make_tree(f->source, f->bytes, f->n);
}

static void release_fixture(struct fixture *f)
{
	tree_free(f->tree);
	test_folder_free(f->folder);
	free(f->source);
	free(f->bytes);
}

/* Checks the header at *at and moves after it and its content. */
static void assert_entry(struct span stream, size_t *at, const char *name, char type,
			 struct span content)
{
	const uint8_t *header = stream.p + *at;
	uint64_t size;

	assert_true(*at + 512 + content.n <= stream.n);
	assert_string_equal((const char *)header, name);
	assert_int_equal(header[156], type);
	assert_true(parse_octal(SPAN(header + 124, 11), UINT64_MAX, &size));
	assert_int_equal(size, content.n);
	assert_true(span_equal(SPAN(header + 512, content.n), content));
	*at += 512 + align_up(content.n, 512);
}

static void test_stream(void **state)
{
	struct fake_tool tool = {.input = BUFFER_INIT(STREAM_MAX), .read_max = SIZE_MAX};
	const struct image_tool_runner runner = {run_fake, &tool};
	const struct span none = SPAN(NULL, 0);
	struct error *err = NULL;
	struct fixture f;
	size_t at = 0;

	(void)state;
	make_fixture(&f);
	assert_done(root_erofs_make(f.tree, uuid, &runner, f.folder, &err), &err);
	assert_string_equal(tool.command,
			    "mkfs.erofs --quiet --tar=f -b4096 -T0 -x-1 -U "
			    "00112233-4455-8677-8899-aabbccddeeff -zlz4 -C65536 root.erofs");

	struct span s = buffer_span(&tool.input);

	assert_entry(s, &at, "./", '5', none);
	assert_entry(s, &at, "bin/", '5', none);
	assert_entry(s, &at, "bin/inline", '0', SPAN(f.bytes, 5));
	assert_entry(s, &at, "bin/large", '0', SPAN(f.bytes + 1, f.n - 1));
	assert_entry(s, &at, "bin/large-inline", '0', SPAN(f.bytes, f.n));
	assert_entry(s, &at, "bin/small", '0', SPAN(f.bytes + 100, 600));
	assert_entry(s, &at, "empty", '0', none);
	assert_string_equal((const char *)s.p + at + 157, "bin/large");
	assert_entry(s, &at, "link", '2', none);
	assert_int_equal(s.n, at + 1024);
	assert_true(span_is_zero(SPAN(s.p + at, 1024)));
	free(tool.command);
	buffer_release(&tool.input);
	release_fixture(&f);
}

/* A tool that stops reading: its own error is reported, no signal ends the program. */
static void test_tool_fails(void **state)
{
	struct fake_tool tool = {
		.input = BUFFER_INIT(STREAM_MAX), .read_max = 10000, .result = -EIO};
	const struct image_tool_runner runner = {run_fake, &tool};
	struct error *err = NULL;
	struct fixture f;

	(void)state;
	make_fixture(&f);
	assert_failed(root_erofs_make(f.tree, uuid, &runner, f.folder, &err), EIO,
		      "root.erofs: mkfs.erofs exited with status 1", &err);
	free(tool.command);
	tool.result = 0;
	assert_failed(root_erofs_make(f.tree, uuid, &runner, f.folder, &err), EIO,
		      "root.erofs: mkfs.erofs stopped before the end of the tar stream", &err);
	free(tool.command);
	buffer_release(&tool.input);
	release_fixture(&f);
}

static void test_content_missing(void **state)
{
	struct fake_tool tool = {.input = BUFFER_INIT(STREAM_MAX), .read_max = SIZE_MAX};
	const struct image_tool_runner runner = {run_fake, &tool};
	_cleanup_free_ char *message = NULL;
	struct error *err = NULL;
	struct fixture f;

	(void)state;
	make_fixture(&f);
	assert_int_equal(truncate(f.source, 200), 0);
	assert_true(asprintf(&message,
			     "root.erofs: bin/large: cannot copy from %s: No data available",
			     f.source) > 0);
	assert_failed(root_erofs_make(f.tree, uuid, &runner, f.folder, &err), ENODATA, message,
		      &err);
	free(tool.command);
	buffer_release(&tool.input);
	release_fixture(&f);
}

static void add_name(struct tree *t, const char *path, const char *source, uint32_t link,
		     uint16_t mode)
{
	struct error *err = NULL;
	const struct tree_entry e = {
		.path = path,
		.type = TREE_FILE,
		.mode = mode,
		.content = {.size = 10, .file = source},
		.origin = "test",
		.link = link,
	};

	assert_done(tree_add(t, &e, TREE_REFUSE, &err), &err);
}

static bool is_named(const struct tree_entry *e, void *name)
{
	return string_equal(e->path, name);
}

/* The names of one file: the first in path order holds the content, in whatever order they came. */
static void test_hard_links(void **state)
{
	struct fake_tool tool = {.input = BUFFER_INIT(STREAM_MAX), .read_max = SIZE_MAX};
	const struct image_tool_runner runner = {run_fake, &tool};
	const struct span none = SPAN(NULL, 0);
	struct error *err = NULL;
	struct fixture f;
	size_t at = 0;

	(void)state;
	make_fixture(&f);
	tree_free(f.tree);
	f.tree = tree_new();
	add_name(f.tree, "z", f.source, 1, 0755);
	add_name(f.tree, "m", f.source, 1, 0755);
	add_name(f.tree, "a", f.source, 1, 0755);
	add_name(f.tree, "other", f.source, 2, 0755);
	/* Of another mode: it cannot be the same file. */
	add_name(f.tree, "y", f.source, 1, 0700);
	assert_int_equal(tree_filter(f.tree, is_named, (char[]){"a"}), 1);
	assert_done(root_erofs_make(f.tree, uuid, &runner, f.folder, &err), &err);

	struct span s = buffer_span(&tool.input);
	struct span content = SPAN(f.bytes, 10);

	assert_entry(s, &at, "./", '5', none);
	assert_entry(s, &at, "m", '0', content);
	assert_entry(s, &at, "other", '0', content);
	assert_entry(s, &at, "y", '0', content);
	assert_string_equal((const char *)s.p + at + 157, "m");
	assert_entry(s, &at, "z", '1', none);
	assert_int_equal(s.n, at + 1024);
	free(tool.command);
	buffer_release(&tool.input);
	release_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_hard_links),
		cmocka_unit_test(test_tool_fails),
		cmocka_unit_test(test_content_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
