#include "image/kernel_modules.h"

#include <errno.h>

/* A dependency chain of modules is a handful deep; more is a loop. */
#define DEPTH_MAX 64

/* One line of modules.dep: "path: dependency dependency". */
struct dependency_line {
	struct span path;
	struct span dependencies;
};

struct dependency_table {
	struct dependency_line *items;
	size_t n, capacity;
};

static void table_release(struct dependency_table *t)
{
	free(t->items);
	*t = (struct dependency_table){0};
}

static int table_parse(struct span text, struct dependency_table *ret, struct error **err)
{
	_cleanup_(table_release) struct dependency_table t = {0};
	struct reader reader = reader_init(text);
	struct span line;

	for (unsigned number = 1; reader_line(&reader, &line); number++) {
		const uint8_t *colon = line.n ? memchr(line.p, ':', line.n) : NULL;

		if (!colon)
			return error_set(err, -ERROR_MALFORMED, "modules.dep:%u: no ':'", number);
		if (array_reserve(&t.items, &t.capacity, t.n + 1, sizeof *t.items) < 0)
			return error_oom(err);

		size_t length = (size_t)(colon - line.p);

		t.items[t.n++] = (struct dependency_line){
			.path = {line.p, length},
			.dependencies = {colon + 1, line.n - length - 1},
		};
	}
	*ret = t;
	t = (struct dependency_table){0};
	return 0;
}

/* "kernel/drivers/md/dm-verity.ko.xz" -> "dm-verity". */
static struct span module_name(struct span path)
{
	for (size_t i = path.n; i > 0; i--) {
		if (path.p[i - 1] == '/') {
			path = span_skip(path, i);
			break;
		}
	}

	size_t end;

	if (span_find(path, SPAN_LITERAL(".ko"), &end))
		path.n = end;
	return path;
}

/* The kernel takes "-" and "_" in module names for the same. */
static bool same_module(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		uint8_t x = a.p[i] == '-' ? '_' : a.p[i];
		uint8_t y = b.p[i] == '-' ? '_' : b.p[i];

		if (x != y)
			return false;
	}
	return true;
}

static const struct dependency_line *find_module(const struct dependency_table *t, struct span name)
{
	for (size_t i = 0; i < t->n; i++) {
		if (same_module(module_name(t->items[i].path), name))
			return &t->items[i];
	}
	return NULL;
}

static bool is_builtin(struct span modules_builtin, struct span name)
{
	struct reader reader = reader_init(modules_builtin);
	struct span line;

	while (reader_line(&reader, &line)) {
		if (same_module(module_name(line), name))
			return true;
	}
	return false;
}

static int add_with_dependencies(const struct dependency_table *t,
				 const struct dependency_line *line, struct string_list *paths,
				 unsigned depth, struct error **err)
{
	_cleanup_free_ char *path = span_to_string(line->path);
	struct span rest = line->dependencies, word;

	if (!path)
		return error_oom(err);
	if (string_list_has(paths, path))
		return 0;
	if (depth > DEPTH_MAX)
		return error_set(err, -ERROR_MALFORMED, "modules.dep: '%s' depends on itself",
				 path);
	while ((word = span_next_word(&rest)).n) {
		const struct dependency_line *dependency = find_module(t, module_name(word));

		if (!dependency)
			return error_set(err, -ERROR_MALFORMED,
					 "modules.dep: '%s' depends on '%.*s', which is not there",
					 path, (int)word.n, (const char *)word.p);

		int r = add_with_dependencies(t, dependency, paths, depth + 1, err);

		if (r < 0)
			return r;
	}
	return string_list_take(paths, TAKE_PTR(path)) < 0 ? error_oom(err) : 0;
}

int modules_order(struct span modules_dep, struct span modules_builtin,
		  const struct string_list *wanted, struct string_list *paths, struct error **err)
{
	_cleanup_(table_release) struct dependency_table table = {0};
	int r = table_parse(modules_dep, &table, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < wanted->n; i++) {
		struct span name = span_string(wanted->items[i]);
		const struct dependency_line *line = find_module(&table, name);

		if (!line && is_builtin(modules_builtin, name))
			continue;
		if (!line)
			return error_set(err, -ENOENT, "the kernel has no module '%s'",
					 wanted->items[i]);
		r = add_with_dependencies(&table, line, paths, 0, err);
		if (r < 0)
			return r;
	}
	return 0;
}

char *modules_file_name(const char *path)
{
	const char *base = path_basename(path);
	const char *end = strstr(base, ".ko");

	return strndup(base, end ? (size_t)(end - base) + 3 : strlen(base));
}

int modules_needs(struct span modules_dep, const char *path, struct string_list *ret,
		  struct error **err)
{
	_cleanup_(table_release) struct dependency_table table = {0};
	int r = table_parse(modules_dep, &table, err);
	const struct dependency_line *line =
		r < 0 ? NULL : find_module(&table, module_name(span_string(path)));

	if (r < 0)
		return r;

	struct span rest = line ? line->dependencies : SPAN(NULL, 0), word;

	while ((word = span_next_word(&rest)).n) {
		_cleanup_free_ char *dependency = span_to_string(word);
		char *name = dependency ? modules_file_name(dependency) : NULL;

		if (!name || string_list_take(ret, name) < 0)
			return error_oom(err);
	}
	return 0;
}
