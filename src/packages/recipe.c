#include "packages/recipe.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/file.h"
#include "formats/conf.h"
#include "packages/recipe_keys.h"

/* Layers of layers: more is a mistake. */
#define INCLUDE_DEPTH_MAX 8

struct reading {
	const struct recipe_folders *folders;
	struct recipe *recipe;
	struct string_list open; /* images whose file is being read: an include loop shows here */
};

static int read_layer(struct reading *r, const char *name, struct error **err);

static void component_release(struct component *c)
{
	free(c->name);
	free(c->source);
	free(c->npm_lock);
	free(c->directory);
	free(c->version);
	free(c->build);
	free(c->integrity);
	free(c->signature);
	free(c->signer);
	free(c->signer_key_file);
	free(c->signer_key);
	free(c->sha256);
	free(c->licence);
	for (size_t i = 0; i < c->n_files; i++) {
		free(c->files[i].from);
		free(c->files[i].to);
	}
	free(c->files);
}

static void step_release(struct recipe_step *s)
{
	free(s->name);
	free(s->directory);
	string_list_release(&s->arguments);
}

void recipe_release(struct recipe *r)
{
	struct string_list *const lists[] = {
		&r->install,
		&r->install_debug,
		&r->without,
		&r->set_id,
		&r->duplicates,
		&r->command_line,
		&r->command_line_debug,
		&r->modules,
		&r->remove,
		&r->keep,
		&r->enable,
		&r->enable_debug,
		&r->programs,
		&r->bundles,
		&r->build_root,
		&r->firmware,
		&r->keep_debug,
		&r->build_root_without,
		&r->archive_components,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		string_list_release(lists[i]);
	for (size_t i = 0; i < r->n_layers; i++) {
		free(r->layers[i].directory);
		free(r->layers[i].files);
		free(r->layers[i].files_debug);
	}
	for (size_t i = 0; i < r->n_scripts; i++) {
		free(r->scripts[i].package);
		free(r->scripts[i].how);
	}
	for (size_t i = 0; i < r->n_components; i++)
		component_release(&r->components[i]);
	for (size_t i = 0; i < r->n_steps; i++)
		step_release(&r->steps[i]);
	recipe_key_release(&r->policy_key);
	recipe_key_release(&r->recovery_key);
	free(r->layers);
	free(r->scripts);
	free(r->components);
	free(r->steps);
	free(r->name);
	free(r->description);
	free(r->directory);
	free(r->suite);
	free(r->architecture);
	free(r->kernel);
	*r = (struct recipe){0};
}

/* One file of a recipe. */
struct file_reading {
	struct reading *reading;
	struct recipe_file file;
};

static int take_entry(void *context, const struct conf_entry *e, struct error **err)
{
	struct file_reading *f = context;
	_cleanup_free_ char *include = NULL;
	int r = recipe_take_entry(&f->file, e, &include, err);

	if (r < 0 || !include)
		return r;
	return read_layer(f->reading, include, err);
}

static int read_file(struct reading *r, const char *directory, const char *file, bool debug,
		     bool top, struct error **err)
{
	_cleanup_free_ char *path = path_join(directory, file);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONF_MAX);
	struct file_reading f = {
		.reading = r,
		.file = {.recipe = r->recipe, .directory = directory, .debug = debug, .top = top},
	};
	int result;

	if (!path)
		return error_oom(err);
	if (debug && !path_exists(path))
		return 0;
	result = file_read(path, CONF_MAX, &text, err);
	if (result >= 0)
		result = conf_parse(path, buffer_span(&text), take_entry, &f, err);
	if (result >= 0)
		result = recipe_finish_file(&f.file, path, err);
	return result;
}

/* DIRECTORY/NAME if it is a folder, NULL if it is absent. */
static int find_files(const char *directory, const char *name, char **ret, struct error **err)
{
	_cleanup_free_ char *path = path_join(directory, name);
	struct stat st;

	if (!path)
		return error_oom(err);
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_errno(err, errno, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -ERROR_REFUSED, "%s: not a folder", path);
	*ret = TAKE_PTR(path);
	return 0;
}

static int add_layer(struct recipe *recipe, char *directory, struct error **err)
{
	struct recipe_layer layer = {.directory = directory};
	int r = find_files(directory, "files", &layer.files, err);

	if (r >= 0)
		r = find_files(directory, "files-debug", &layer.files_debug, err);
	if (r >= 0 && array_reserve(&recipe->layers, &recipe->layers_capacity, recipe->n_layers + 1,
				    sizeof *recipe->layers) < 0)
		r = error_oom(err);
	if (r < 0) {
		free(layer.directory);
		free(layer.files);
		free(layer.files_debug);
		return r;
	}
	recipe->layers[recipe->n_layers++] = layer;
	return 0;
}

/* A recipe's folder may not be a link: it would be another place than its name says. */
static int check_folder(const char *directory, const char *name, struct error **err)
{
	struct stat st;

	if (!recipe_name_is_valid(name))
		return error_set(err, -ERROR_REFUSED,
				 "'%s' is not the name of an image: a-z, 0-9 and '-' are allowed",
				 name);
	if (lstat(directory, &st) < 0)
		return errno == ENOENT ? error_set(err, -ENOENT, "no image '%s': '%s' is absent",
						   name, directory)
				       : error_errno(err, errno, "%s", directory);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -ERROR_REFUSED, "%s: not a folder", directory);
	return 0;
}

static int read_layer(struct reading *r, const char *name, struct error **err)
{
	bool top = r->open.n == 0;
	_cleanup_free_ char *directory = NULL;
	int result = recipe_folders_find(r->folders, name, &directory, err);

	if (result >= 0)
		result = check_folder(directory, name, err);
	if (result < 0)
		return result;
	if (string_list_has(&r->open, name))
		return error_set(err, -ELOOP, "image '%s' includes itself", name);
	for (size_t i = 0; i < r->recipe->n_layers; i++) {
		if (string_equal(path_basename(r->recipe->layers[i].directory), name))
			return 0;
	}
	if (r->open.n >= INCLUDE_DEPTH_MAX)
		return error_set(err, -ELOOP, "more than %u layers", INCLUDE_DEPTH_MAX);
	if (string_list_add(&r->open, name) < 0)
		return error_oom(err);
	result = read_file(r, directory, "image.conf", false, top, err);
	if (result >= 0)
		result = read_file(r, directory, "debug.conf", true, top, err);
	free(r->open.items[--r->open.n]);
	if (result < 0)
		return result;
	if (top) {
		r->recipe->directory = strdup(directory);
		if (!r->recipe->directory)
			return error_oom(err);
	}
	return add_layer(r->recipe, TAKE_PTR(directory), err);
}

static int check_complete(const struct recipe *r, struct error **err)
{
	const struct {
		const void *value;
		const char *section, *key;
	} needed[] = {
		{r->suite, "Archive", "Suite"},
		{r->architecture, "Archive", "Architecture"},
		{r->kernel, "Kernel", "Package"},
		{r->install.items, "Packages", "Install"},
		{r->build_root.items, "BuildRoot", "Install"},
		{r->firmware.items, "Firmware", "Install"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!needed[i].value)
			return error_set(err, -ERROR_MALFORMED,
					 "%s/image.conf: missing key '%s' in [%s]", r->directory,
					 needed[i].key, needed[i].section);
	}
	return 0;
}

int recipe_read(const struct recipe_folders *folders, const char *name, struct recipe *ret,
		struct error **err)
{
	_cleanup_(recipe_release) struct recipe recipe = {0};
	struct reading reading = {.folders = folders, .recipe = &recipe};
	int r = read_layer(&reading, name, err);

	string_list_release(&reading.open);
	if (r >= 0)
		r = check_complete(&recipe, err);
	if (r < 0)
		return r;
	if (!string_equal(recipe.name, name))
		return error_set(err, -ERROR_MALFORMED,
				 "%s/image.conf: Name=%s, but the folder is '%s'", recipe.directory,
				 recipe.name, name);
	*ret = recipe;
	recipe = (struct recipe){0};
	return 0;
}

static void add_text(struct digest_stream *d, const char *s)
{
	if (!s)
		s = "";
	digest_stream_add_text(d, s);
}

/* Order and repetition do not matter to the resolver, so they do not matter here. */
static int add_list(struct digest_stream *d, const char *label, const struct string_list *l)
{
	_cleanup_(string_list_release) struct string_list sorted = {0};

	add_text(d, label);
	for (size_t i = 0; i < l->n; i++) {
		if (string_list_add(&sorted, l->items[i]) < 0)
			return -ENOMEM;
	}
	string_list_sort(&sorted);
	for (size_t i = 0; i < sorted.n; i++) {
		if (i == 0 || !string_equal(sorted.items[i], sorted.items[i - 1]))
			add_text(d, sorted.items[i]);
	}
	add_text(d, "");
	return 0;
}

static int add_lists(struct digest_stream *d, const struct recipe *r)
{
	const struct {
		const char *label;
		const struct string_list *list;
	} lists[] = {
		{"install", &r->install},
		{"install-debug", &r->install_debug},
		{"without", &r->without},
		{"build-root", &r->build_root},
		{"build-root-without", &r->build_root_without},
		{"firmware", &r->firmware},
		{"archive-components", &r->archive_components},
	};
	/* Locks of recipes that do not say which components stay what they are. */
	size_t n = ARRAY_SIZE(lists) - (r->archive_components.n == 0);

	for (size_t i = 0; i < n; i++) {
		if (add_list(d, lists[i].label, lists[i].list) < 0)
			return -ENOMEM;
	}
	return 0;
}

int recipe_request_digest(const struct recipe *r, struct digest *ret, struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_new(DIGEST_SHA256);

	if (!d)
		return error_oom(err);
	add_text(d, r->name);
	add_text(d, r->suite);
	add_text(d, r->architecture);
	add_text(d, r->kernel);
	if (add_lists(d, r) < 0)
		return error_oom(err);
	for (size_t i = 0; i < r->n_components; i++) {
		const struct component *c = &r->components[i];

		add_text(d, "component");
		add_text(d, c->name);
		add_text(d, c->source);
		add_text(d, c->version);
		add_text(d, c->integrity);
		add_text(d, c->sha256);
		add_text(d, c->licence);
		if (c->npm_lock)
			add_text(d, c->npm_lock);
		if (c->signer) {
			add_text(d, c->signature);
			add_text(d, c->signer);
		}
	}
	*ret = digest_stream_end(d);
	return 0;
}
