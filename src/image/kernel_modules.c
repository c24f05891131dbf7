#include "image/kernel_modules.h"

#include <errno.h>

#include "base/file.h"

#define MODULES_FOLDER "usr/lib/modules/"

void kernel_modules_release(struct kernel_modules *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].name);
		string_list_release(&m->items[i].needs);
	}
	free(m->items);
	free(m->release);
	*m = (struct kernel_modules){0};
}

/* The one folder below usr/lib/modules names the kernel's release. */
static char *kernel_release(const struct tree *kernel)
{
	for (size_t i = 0; i < tree_count(kernel); i++) {
		const char *path = tree_at(kernel, i)->path;

		if (string_starts(path, MODULES_FOLDER)) {
			const char *release = path + strlen(MODULES_FOLDER);

			return strndup(release, strcspn(release, "/"));
		}
	}
	return NULL;
}

struct depmod_context {
	const struct build_root *build_root;
	const struct tree *kernel;
	const char *release;
};

/* The modules alone, with the link by which older and newer kmod both find them. */
static int make_modules_tree(const struct tree *kernel, struct tree **ret, struct error **err)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	const struct tree_entry link = {
		.path = "lib",
		.type = TREE_SYMLINK,
		.mode = 0777,
		.target = "usr/lib",
		.origin = "depmod",
	};
	int r = t ? tree_add(t, &link, TREE_REFUSE, err) : error_oom(err);

	for (size_t i = 0; r >= 0 && i < tree_count(kernel); i++) {
		const struct tree_entry *e = tree_at(kernel, i);

		if (string_starts(e->path, MODULES_FOLDER))
			r = tree_add(t, e, TREE_REFUSE, err);
	}
	if (r >= 0)
		r = tree_add_parents(t, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(t);
	return 0;
}

/* Leaves DIRECTORY/modules.dep. */
static int run_depmod(void *context, const char *directory, struct error **err)
{
	struct depmod_context *c = context;
	_cleanup_(tree_freep) struct tree *modules = NULL;
	_cleanup_free_ char *root = path_join(directory, "root");
	_cleanup_free_ char *made = NULL;
	_cleanup_free_ char *kept = path_join(directory, "modules.dep");
	int r;

	if (!root || !kept)
		return error_oom(err);
	made = string_printf("%s/" MODULES_FOLDER "%s/modules.dep", root, c->release);
	if (!made)
		return error_oom(err);
	r = make_modules_tree(c->kernel, &modules, err);
	if (r >= 0)
		r = directory_make(root, err);
	if (r >= 0)
		r = tree_materialise(modules, root, err);
	if (r < 0)
		return r;

	const char *const argv[] = {"depmod", "-b", "/work/root", c->release, NULL};
	const struct sandbox_folder folders[] = {{root, "/work/root", true}, {0}};
	const struct sandbox_command command = {argv, folders, "/work", -1};

	r = build_root_run(c->build_root, &command, NULL, err);
	if (r < 0)
		return r;
	if (rename(made, kept) < 0)
		return error_errno(err, errno, "depmod left no '%s'", made);
	return directory_remove(root, err);
}

static int read_modules_dep(const struct store *s, const struct build_root *b,
			    const struct tree *kernel, const struct digest *kernel_sha256,
			    const char *release, struct buffer *ret, struct error **err)
{
	struct depmod_context context = {b, kernel, release};
	char kernel_hex[DIGEST_HEX_MAX], root_hex[DIGEST_HEX_MAX];
	_cleanup_free_ char *directory = NULL;

	digest_hex(kernel_sha256, kernel_hex);
	digest_hex(&b->key, root_hex);

	_cleanup_free_ char *key = string_printf("depmod-%s-%.16s", kernel_hex, root_hex);
	int r = key ? store_folder(s, STORE_STEPS, key, run_depmod, &context, &directory, err)
		    : error_oom(err);

	if (r < 0)
		return error_wrap(err, r, "depmod");

	_cleanup_free_ char *path = path_join(directory, "modules.dep");

	return path ? file_read(path, MODULES_DEP_MAX, ret, err) : error_oom(err);
}

static int add_module(struct kernel_modules *m, const struct tree *kernel, struct span modules_dep,
		      const char *path, struct error **err)
{
	_cleanup_free_ char *full = string_printf(MODULES_FOLDER "%s/%s", m->release, path);
	const struct tree_entry *e = full ? tree_find(kernel, full) : NULL;

	if (!full || array_reserve(&m->items, &m->capacity, m->n + 1, sizeof *m->items) < 0)
		return error_oom(err);
	if (!e || e->type != TREE_FILE)
		return error_set(err, -ENOENT, "the kernel package has no '%s'", full);

	struct kernel_module *module = &m->items[m->n++];

	*module = (struct kernel_module){.name = modules_file_name(path), .entry = e};
	if (!module->name)
		return error_oom(err);
	return modules_needs(modules_dep, path, &module->needs, err);
}

int kernel_modules_select(const struct store *s, const struct build_root *b,
			  const struct tree *kernel, const struct digest *kernel_sha256,
			  const struct string_list *wanted, struct kernel_modules *ret,
			  struct error **err)
{
	_cleanup_(kernel_modules_release) struct kernel_modules m = {
		.release = kernel_release(kernel),
		.kernel = *kernel_sha256,
	};
	_cleanup_(buffer_release) struct buffer dep = BUFFER_INIT(MODULES_DEP_MAX);
	_cleanup_(buffer_release) struct buffer builtin = BUFFER_INIT(MODULES_DEP_MAX);
	_cleanup_(string_list_release) struct string_list paths = {0};

	if (!m.release)
		return error_set(err, -ENOENT, "the kernel package has no '" MODULES_FOLDER "'");

	_cleanup_free_ char *builtin_path =
		string_printf(MODULES_FOLDER "%s/modules.builtin", m.release);
	const struct tree_entry *e = builtin_path ? tree_find(kernel, builtin_path) : NULL;

	if (!e)
		return error_set(err, -ENOENT, "the kernel package has no 'modules.builtin'");

	int r = read_modules_dep(s, b, kernel, kernel_sha256, m.release, &dep, err);

	if (r >= 0)
		r = content_read(&e->content, MODULES_DEP_MAX, &builtin, err);
	if (r >= 0)
		r = modules_order(buffer_span(&dep), buffer_span(&builtin), wanted, &paths, err);
	for (size_t i = 0; r >= 0 && i < paths.n; i++)
		r = add_module(&m, kernel, buffer_span(&dep), paths.items[i], err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct kernel_modules){0};
	return 0;
}
