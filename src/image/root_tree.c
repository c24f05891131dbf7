#include "image/root_tree.h"

#include <errno.h>
#include <sys/stat.h>

#include "image/manifest.h"
#include "image/root_command.h"
#include "image/root_steps.h"
#include "packages/component.h"
#include "tree/policy.h"

/* Two lines for each of a few hundred packages. */
#define SCRIPT_LINES_MAX (256u << 10)

/* Mount points of the running system, and folders that packages leave to their scripts. */
static const struct {
	const char *path;
	uint16_t mode;
} folders[] = {
	{"dev", 0755}, {"etc", 0755}, {"persistent", 0755}, {"proc", 0555}, {"root", 0700},
	{"run", 0755}, {"sys", 0555}, {"tmp", 01777},	    {"usr", 0755},  {"var", 0755},
};

bool root_tree_is_kernel(const struct lock_package *p)
{
	return string_starts(p->name, "linux-image-");
}

static int add_folders(struct tree *t, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		const struct tree_entry e = {
			.path = folders[i].path,
			.type = TREE_DIRECTORY,
			.mode = folders[i].mode,
			.origin = "folders",
		};
		int r = tree_add(t, &e, TREE_REPLACE, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static bool script_is_declared(const struct recipe *recipe, const char *package)
{
	for (size_t i = 0; i < recipe->n_scripts; i++) {
		if (string_equal(recipe->scripts[i].package, package))
			return true;
	}
	return false;
}

/* Every package with maintainer scripts must be named by a Script= line that says what replaces them. All
 * that are missing are said at once, as lines of a recipe. */
static int check_scripts(const struct root_inputs *in, struct error **err)
{
	_cleanup_(buffer_release) struct buffer lines = BUFFER_INIT(SCRIPT_LINES_MAX);
	size_t missing = 0;

	for (size_t i = 0; i < in->packages->n; i++) {
		const struct package_tree *p = &in->packages->items[i];
		const struct string_list *scripts = &p->unpacked.scripts;

		if (root_tree_is_kernel(p->package) || scripts->n == 0 ||
		    script_is_declared(in->recipe, p->package->name))
			continue;
		for (size_t k = 0; k < scripts->n; k++)
			buffer_printf(&lines, "%s%s", k ? ", " : "\n# ", scripts->items[k]);
		buffer_printf(&lines, "\nScript=%s HOW", p->package->name);
		missing++;
	}
	if (missing == 0)
		return 0;
	if (!buffer_ok(&lines))
		return error_oom(err);
	return error_set(
		err, -ERROR_REFUSED,
		"%zu package%s maintainer scripts, which do not run: say what replaces them in "
		"[Packages] of %s/image.conf (HOW is one of %s):%s",
		missing, missing == 1 ? " has" : "s have", in->recipe->directory,
		RECIPE_SCRIPT_REPLACEMENTS, buffer_text(&lines));
}

static int add_packages(struct tree *t, const struct root_inputs *in, struct error **err)
{
	int r = check_scripts(in, err);

	for (size_t i = 0; r >= 0 && i < in->packages->n; i++) {
		const struct package_tree *p = &in->packages->items[i];

		if (!root_tree_is_kernel(p->package))
			r = policy_merge_package(t, p->unpacked.tree, &in->recipe->duplicates, err);
	}
	return r;
}

static int add_layers(struct tree *t, const struct root_inputs *in, struct error **err)
{
	for (size_t i = 0; i < in->recipe->n_layers; i++) {
		const struct recipe_layer *layer = &in->recipe->layers[i];
		const char *const overlays[] = {layer->files,
						in->debug ? layer->files_debug : NULL};

		for (size_t k = 0; k < ARRAY_SIZE(overlays); k++) {
			int r = overlays[k] ? tree_add_overlay(t, overlays[k], err) : 0;

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static const struct lock_component *find_component(const struct lock *lock, const char *name)
{
	for (size_t i = 0; i < lock->n_components; i++) {
		if (string_equal(lock->components[i].name, name))
			return &lock->components[i];
	}
	return NULL;
}

static int add_components(struct tree *t, const struct root_inputs *in, struct error **err)
{
	for (size_t i = 0; i < in->recipe->n_components; i++) {
		const struct component *c = &in->recipe->components[i];
		const struct lock_component *locked = find_component(in->lock, c->name);
		_cleanup_(tree_freep) struct tree *files = NULL;
		int r;

		if (!locked)
			return error_set(err, -ENOENT, "component '%s' is not in the lock",
					 c->name);
		r = component_tree(in->store, c, locked, &files, err);
		if (r >= 0)
			r = tree_merge(t, files, TREE_REFUSE, err);
		if (r < 0)
			return error_wrap(err, r, "component '%s'", c->name);
	}
	return 0;
}

static int add_programs(struct tree *t, const struct root_inputs *in, struct error **err)
{
	for (size_t i = 0; i < in->n_programs; i++) {
		const struct guest_program *p = &in->programs[i];
		_cleanup_free_ char *path = path_join("usr/lib/tdnode", p->name);
		struct stat st;

		if (!path)
			return error_oom(err);
		if (stat(p->path, &st) < 0)
			return error_errno(err, errno, "%s", p->path);

		const struct tree_entry e = {
			.path = path,
			.type = TREE_FILE,
			.mode = 0755,
			.content = {.size = (uint64_t)st.st_size, .file = p->path},
			.origin = "guest programs",
			.asked = true,
		};
		int r = tree_add(t, &e, TREE_REFUSE, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* What the disk program reads: docs/recipe.md, [Disk]. */
static int add_keys(struct tree *t, const struct recipe *recipe, struct error **err)
{
	const struct {
		const char *path;
		const struct recipe_key *key;
	} files[] = {
		{"usr/lib/tdnode/policy.pem", &recipe->policy_key},
		{"usr/lib/tdnode/recovery.pem", &recipe->recovery_key},
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *pem = files[i].key->pem;
		struct tree_entry e = {
			.path = files[i].path,
			.type = TREE_FILE,
			.mode = 0644,
			.origin = files[i].key->path,
			.asked = true,
		};

		if (!pem)
			continue;
		e.content = (struct content){.size = strlen(pem), .bytes = (const uint8_t *)pem};

		int r = tree_add(t, &e, TREE_REFUSE, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static bool step_wanted(const struct recipe *recipe, const char *name)
{
	for (size_t i = 0; i < recipe->n_scripts; i++) {
		if (string_equal(recipe->scripts[i].how, name))
			return true;
	}
	return false;
}

static int run_steps(struct tree *t, const struct root_inputs *in, struct error **err)
{
	int r = root_step_os_release(t, in->recipe->name, in->debug, err);

	if (r >= 0)
		r = root_step_sysusers(t, in->store, in->build_root, err);
	if (r >= 0 && step_wanted(in->recipe, "ca-certificates"))
		r = root_step_ca_certificates(t, err);
	for (size_t i = 0; r >= 0 && i < in->recipe->bundles.n; i++)
		r = root_step_bundle(t, in->recipe->bundles.items[i], in->store, in->build_root,
				     err);
	for (size_t i = 0; r >= 0 && i < in->recipe->n_steps; i++)
		r = root_step_command(t, &in->recipe->steps[i], in->store, in->build_root, err);
	if (r >= 0)
		r = root_step_units(t, &in->recipe->enable, err);
	if (r >= 0 && in->debug)
		r = root_step_units(t, &in->recipe->enable_debug, err);
	return r;
}

static int remove_files(struct tree *t, const struct root_inputs *in, struct error **err)
{
	const struct string_list *const lists[] = {&in->recipe->keep, &in->recipe->keep_debug};
	_cleanup_(string_list_release) struct string_list keep = {0};

	for (size_t i = 0; i < (in->debug ? 2u : 1u); i++) {
		for (size_t k = 0; k < lists[i]->n; k++) {
			if (string_list_add(&keep, lists[i]->items[k]) < 0)
				return error_oom(err);
		}
	}
	return policy_remove(t, &in->recipe->remove, &keep, err);
}

int root_tree_make(const struct root_inputs *in, struct tree **ret, struct error **err)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	int r = t ? add_folders(t, err) : error_oom(err);

	if (r >= 0)
		r = add_packages(t, in, err);
	if (r >= 0)
		r = add_layers(t, in, err);
	if (r >= 0)
		r = add_components(t, in, err);
	if (r >= 0)
		r = add_programs(t, in, err);
	if (r >= 0)
		r = add_keys(t, in->recipe, err);
	if (r >= 0)
		r = tree_add_parents(t, err);
	/* Before what is left out goes: the CA bundle is made from files that the image then drops. */
	if (r >= 0)
		r = run_steps(t, in, err);
	if (r >= 0)
		r = remove_files(t, in, err);
	if (r >= 0)
		r = manifest_add_packages(t, in->lock, in->debug, in->packages, err);
	if (r >= 0)
		r = policy_check(t, &in->recipe->set_id, err);
	if (r >= 0)
		r = tree_add_parents(t, err);
	if (r < 0)
		return error_wrap(err, r, "root file system");
	*ret = TAKE_PTR(t);
	return 0;
}
