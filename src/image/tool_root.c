#include "image/tool_root.h"

#include <errno.h>

#include "base/file.h"
#include "tree/tree.h"

/* Part of the key: another layout makes another folder. */
#define LAYOUT "1"
#define LOADER "/lib64/ld-linux-x86-64.so.2"
/* What the C library loads by itself, when a thread ends. */
#define UNWINDER "lib/x86_64-linux-gnu/libgcc_s.so.1"
/* A line of some hundred bytes for each library. */
#define LIST_MAX (64u << 10)

struct tool_context {
	const struct build_root *build_root;
	const char *program;
};

/* Links in the build root's paths are followed: the file comes to be at the path by which it is asked for. */
static int add_file(struct tree *t, const struct tree *all, const char *path, struct error **err)
{
	const struct tree_entry *found = tree_resolve(all, path);

	if (!found || found->type != TREE_FILE)
		return error_set(err, -ENOENT, "the build root has no file '%s'", path);

	struct tree_entry e = *found;

	e.path = path;
	e.link = 0;
	return tree_add(t, &e, TREE_REFUSE, err);
}

/* The paths in what the loader prints: "	libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f...)". */
static int add_libraries(struct tree *t, const struct tree *all, struct span list,
			 struct error **err)
{
	struct reader reader = reader_init(list);
	struct span line, word;
	int r = 0;

	while (r >= 0 && reader_line(&reader, &line)) {
		while (r >= 0 && (word = span_next_word(&line)).n) {
			_cleanup_free_ char *path = NULL;

			if (word.p[0] != '/')
				continue;
			path = span_to_string(span_skip(word, 1));
			r = path ? add_file(t, all, path, err) : error_oom(err);
		}
	}
	return r;
}

static int list_libraries(const struct tool_context *c, struct buffer *ret, struct error **err)
{
	_cleanup_free_ char *program = string_printf("/%s", c->program);
	const char *const argv[] = {LOADER, "--list", program, NULL};
	const struct sandbox_command command = {argv, NULL, "/work", -1};

	return program ? build_root_run(c->build_root, &command, ret, err) : error_oom(err);
}

static int make_tool_root(void *context, const char *directory, struct error **err)
{
	const struct tool_context *c = context;
	_cleanup_(buffer_release) struct buffer list = BUFFER_INIT(LIST_MAX);
	_cleanup_(tree_freep) struct tree *all = tree_new(), *t = tree_new();
	int r = all && t ? list_libraries(c, &list, err) : error_oom(err);

	if (r >= 0)
		r = tree_add_directory(all, c->build_root->path, "", "build root", TREE_REFUSE,
				       err);
	if (r >= 0)
		r = add_file(t, all, c->program, err);
	if (r >= 0)
		r = add_file(t, all, UNWINDER, err);
	if (r >= 0)
		r = add_libraries(t, all, buffer_span(&list), err);
	if (r >= 0)
		r = tree_add_parents(t, err);
	if (r >= 0)
		r = tree_materialise(t, directory, err);
	return r < 0 ? r : build_root_add_mounts(directory, err);
}

int tool_root_prepare(const struct store *s, const struct build_root *b, const char *program,
		      struct build_root *ret, struct error **err)
{
	struct tool_context context = {b, program};
	char hex[DIGEST_HEX_MAX];
	char *path = NULL;

	digest_hex(&b->key, hex);

	_cleanup_free_ char *key =
		string_printf("tool-" LAYOUT "-%s-%s", path_basename(program), hex);
	int r = key ? store_folder(s, STORE_STEPS, key, make_tool_root, &context, &path, err)
		    : error_oom(err);

	if (r < 0)
		return error_wrap(err, r, "root for '%s'", program);
	*ret = (struct build_root){.path = path, .key = b->key};
	return 0;
}
