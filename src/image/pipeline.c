#include "image/pipeline.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/parallel.h"
#include "base/shortage.h"
#include "formats/derived_uuid.h"
#include "image/artifacts.h"
#include "image/build_key.h"
#include "image/build_root.h"
#include "image/disk_raw.h"
#include "image/disk_vhd.h"
#include "image/guest_programs.h"
#include "image/initrd_cpio.h"
#include "image/kernel_modules.h"
#include "image/manifest.h"
#include "image/root_image.h"
#include "image/root_tree.h"
#include "image/root_verity.h"
#include "image/tool_root.h"
#include "image/uki_efi.h"
#include "measure/measure.h"
#include "measure/measurement_report.h"
#include "packages/fetch.h"
#include "packages/given_files.h"

/* mkfs.erofs opens some for each processor, and dies without. */
#define OPEN_FILES_MIN 256u
#define OS_RELEASE_MAX (64u << 10)
#define COMMAND_LINE_MAX 2048

/* What firmware files of the locked package are called beside the image. */
static const struct {
	const char *path, *name;
} firmware_files[] = {
	{"usr/share/OVMF/OVMF_CODE_4M.fd", "OVMF_CODE.fd"},
	{"usr/share/OVMF/OVMF_VARS_4M.fd", "OVMF_VARS.fd"},
};

/* Everything of one build; each step fills in its part. */
struct build {
	const struct build_options *options;
	struct recipe recipe;
	char *lock_path;
	struct buffer lock_text;
	struct lock lock;
	struct store store;
	struct digest key;
	struct artifacts artifacts;
	uint8_t uuid[16];

	struct build_root build_root;
	struct build_root mkfs_root;	     /* of it what mkfs.erofs needs */
	struct package_trees packages;	     /* of LOCK_IMAGE, the kernel's among them */
	struct package_trees debug_packages; /* of LOCK_DEBUG, for a debug image */
	const struct package_tree *kernel;
	struct string_list program_names;
	struct string_list programs; /* compiled files, in the order of program_names */
	char *init;
	struct tree *root;
	struct root_image root_image;
	struct root_verity verity;
	struct buffer os_release;
	struct buffer command_line;
	struct kernel_modules modules;
	char *initrd;
	struct disk_raw raw;
	struct disk_vhd vhd;
};

static void build_release(struct build *b)
{
	recipe_release(&b->recipe);
	free(b->lock_path);
	buffer_release(&b->lock_text);
	lock_release(&b->lock);
	artifacts_release(&b->artifacts);
	build_root_release(&b->build_root);
	build_root_release(&b->mkfs_root);
	package_trees_release(&b->packages);
	package_trees_release(&b->debug_packages);
	string_list_release(&b->program_names);
	string_list_release(&b->programs);
	free(b->init);
	tree_free(b->root);
	root_image_release(&b->root_image);
	root_verity_release(&b->verity);
	buffer_release(&b->os_release);
	buffer_release(&b->command_line);
	kernel_modules_release(&b->modules);
	free(b->initrd);
	disk_raw_release(&b->raw);
	store_release(&b->store);
}

void build_result_release(struct build_result *r)
{
	free(r->directory);
	free(r->lock);
	*r = (struct build_result){0};
}

/* Path of a file of the artefacts under way: "devnet" ".raw", or a name of its own. */
static char *artefact(const struct build *b, const char *name, const char *suffix)
{
	return string_printf("%s/%s%s", b->artifacts.temporary, name, suffix);
}

/* All that will be unpacked, or was. */
struct check_item {
	const struct digest *sha256;
	uint64_t size; /* as it was downloaded */
};

struct check {
	const struct store *store;
	struct check_item *items;
	size_t n, capacity;
};

static int check_add(struct check *c, const struct digest *sha256, uint64_t size)
{
	if (array_reserve(&c->items, &c->capacity, c->n + 1, sizeof *c->items) < 0)
		return -ENOMEM;
	c->items[c->n++] = (struct check_item){sha256, size};
	return 0;
}

/* The largest first: one that comes last keeps a single processor at work. */
static int compare_items(const void *a, const void *b)
{
	const struct check_item *x = a, *y = b;

	return x->size > y->size ? -1 : x->size < y->size;
}

static int check_one(void *context, size_t index, struct error **err)
{
	struct check *c = context;

	return unpack_check(c->store, c->items[index].sha256, err);
}

/* Before anything is fetched, so that what is damaged can be. Whatever is used is verified in any case. */
static int step_check_store(struct build *b, struct error **err)
{
	bool sets[LOCK_SETS_] = {
		[LOCK_IMAGE] = true,
		[LOCK_DEBUG] = b->options->debug,
		[LOCK_FIRMWARE] = true,
	};
	struct check c = {.store = &b->store};
	bool exists = false;
	int r = build_root_exists(&b->store, &b->lock.sets[LOCK_BUILD_ROOT], &exists, err);

	if (r < 0)
		return r;
	sets[LOCK_BUILD_ROOT] = !exists;
	for (size_t k = 0; k < LOCK_SETS_; k++) {
		for (size_t i = 0; r >= 0 && sets[k] && i < b->lock.sets[k].n; i++)
			r = check_add(&c, &b->lock.sets[k].items[i].sha256,
				      b->lock.sets[k].items[i].size);
	}
	for (size_t i = 0; r >= 0 && i < b->lock.n_components; i++) {
		const struct lock_component *component = &b->lock.components[i];

		for (size_t k = 0; r >= 0 && k < lock_component_blobs(component); k++)
			r = check_add(&c, lock_component_blob(component, k), component->size);
	}
	if (c.n)
		qsort(c.items, c.n, sizeof *c.items, compare_items);
	r = r < 0 ? error_oom(err) : parallel_for(c.n, 0, check_one, &c, err);
	free(c.items);
	return r;
}

static int step_fetch(struct build *b, struct error **err)
{
	_cleanup_(mirrors_release) struct mirrors mirrors = {0};
	int r = given_adopt(b->options->given, &b->lock, &b->store, err);

	if (r >= 0)
		r = mirrors_read(b->options->mirrors, &mirrors, err);

	if (r < 0)
		return r;

	const struct fetch_options options = {
		.store = &b->store,
		.lock = &b->lock,
		.sets = {[LOCK_IMAGE] = true,
			 [LOCK_DEBUG] = b->options->debug,
			 [LOCK_BUILD_ROOT] = true,
			 [LOCK_FIRMWARE] = true},
		.mirrors = &mirrors,
		.offline = b->options->offline,
		.progress = b->options->progress,
	};

	return fetch_lock(&options, err);
}

static int step_build_root(struct build *b, struct error **err)
{
	return build_root_prepare(&b->store, &b->lock.sets[LOCK_BUILD_ROOT], b->options->progress,
				  &b->build_root, err);
}

static int step_unpack(struct build *b, struct error **err)
{
	int r = package_trees_unpack(&b->store, &b->lock.sets[LOCK_IMAGE], "unpack image",
				     b->options->progress, &b->packages, err);

	if (r >= 0 && b->options->debug)
		r = package_trees_unpack(&b->store, &b->lock.sets[LOCK_DEBUG],
					 "unpack debug packages", b->options->progress,
					 &b->debug_packages, err);
	for (size_t i = 0; r >= 0 && i < b->packages.n; i++) {
		if (root_tree_is_kernel(b->packages.items[i].package))
			b->kernel = &b->packages.items[i];
	}
	if (r >= 0 && !b->kernel)
		return error_set(err, -ENOENT, "the lock's image set has no kernel");
	return r;
}

struct programs_context {
	const struct build *build;
	struct guest_sources sources;
	char **paths; /* of init, which every image has, and of those that the recipe names */
};

static int compile_program(void *context, size_t index, struct error **err)
{
	struct programs_context *c = context;
	const struct build *b = c->build;
	const char *name = index > 0 ? b->recipe.programs.items[index - 1] : "init";

	return guest_program_compile(&b->store, &c->sources, name, &c->paths[index], err);
}

static int step_guest_programs(struct build *b, struct error **err)
{
	size_t n = b->recipe.programs.n;
	struct programs_context c = {.build = b, .paths = calloc(n + 1, sizeof(*c.paths))};
	int r = c.paths ? guest_sources_read(&b->build_root, b->options->source, &c.sources, err)
			: error_oom(err);

	if (r >= 0)
		r = parallel_for(n + 1, 0, compile_program, &c, err);
	guest_sources_release(&c.sources);

	for (size_t i = 0; c.paths && i <= n; i++) {
		char *path = TAKE_PTR(c.paths[i]);

		if (r < 0)
			free(path);
		else if (i == 0)
			b->init = path;
		else if (string_list_take(&b->programs, path) < 0)
			r = error_oom(err);
	}
	free(c.paths);
	return r;
}

/* The image's packages and, behind them, those of the debug variant. The items stay the owners'. */
static int join_packages(const struct build *b, struct package_trees *ret, struct error **err)
{
	ret->items = calloc(b->packages.n + b->debug_packages.n, sizeof *ret->items);
	if (!ret->items)
		return error_oom(err);
	for (size_t i = 0; i < b->packages.n; i++)
		ret->items[ret->n++] = b->packages.items[i];
	for (size_t i = 0; i < b->debug_packages.n; i++)
		ret->items[ret->n++] = b->debug_packages.items[i];
	return 0;
}

static int step_root_tree(struct build *b, struct error **err)
{
	struct package_trees all = {0};
	_cleanup_free_ struct guest_program *programs = calloc(b->programs.n + 1, sizeof *programs);
	int r = programs ? join_packages(b, &all, err) : error_oom(err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < b->programs.n; i++)
		programs[i] =
			(struct guest_program){b->recipe.programs.items[i], b->programs.items[i]};

	const struct root_inputs inputs = {
		.store = &b->store,
		.build_root = &b->build_root,
		.recipe = &b->recipe,
		.lock = &b->lock,
		.debug = b->options->debug,
		.packages = &all,
		.programs = programs,
		.n_programs = b->programs.n,
	};

	r = root_tree_make(&inputs, &b->root, err);
	free(all.items);
	return r;
}

static int run_tool(void *context, const char *const *argv, int stdin_fd, const char *output_dir,
		    struct error **err)
{
	const struct sandbox_folder folders[] = {{output_dir, "/work/out", true}, {0}};
	const struct sandbox_command command = {argv, folders, "/work/out", stdin_fd};

	return build_root_run(context, &command, NULL, err);
}

static int step_root_erofs(struct build *b, struct error **err)
{
	const struct image_tool_runner runner = {run_tool, &b->mkfs_root};
	const struct contents_inputs inputs = {
		.tree = b->root,
		.store = &b->store,
		.build_root = &b->build_root.key,
		.runner = &runner,
		.directory = b->artifacts.temporary,
	};

	int r = tool_root_prepare(&b->store, &b->build_root, ROOT_EROFS_TOOL, &b->mkfs_root, err);

	derived_uuid("root", span_string(b->recipe.name), b->uuid);
	return r < 0 ? r : root_image_make(&inputs, b->uuid, &b->root_image, err);
}

static int step_root_verity(struct build *b, struct error **err)
{
	return root_verity_make(&b->root_image.pieces, b->uuid, &b->verity, err);
}

static int step_initrd(struct build *b, struct error **err)
{
	int r = kernel_modules_select(&b->store, &b->build_root, b->kernel->unpacked.tree,
				      &b->kernel->package->sha256, &b->recipe.modules, &b->modules,
				      err);

	if (r < 0)
		return r;
	return initrd_make(&b->store, &b->build_root, b->init, &b->modules, &b->initrd, err);
}

static int make_command_line(struct build *b, struct error **err)
{
	const struct string_list *const lists[] = {&b->recipe.command_line,
						   &b->recipe.command_line_debug};

	for (size_t k = 0; k < (b->options->debug ? 2 : 1); k++) {
		for (size_t i = 0; i < lists[k]->n; i++)
			buffer_printf(&b->command_line, "%s ", lists[k]->items[i]);
	}
	buffer_printf(&b->command_line, "roothash=%s", b->verity.root_hash_hex);
	return buffer_ok(&b->command_line)
		       ? 0
		       : error_set(err, -E2BIG, "the kernel's command line is too long");
}

static int step_uki(struct build *b, struct error **err)
{
	const struct tree_entry *e = tree_find(b->root, "usr/lib/os-release");
	_cleanup_free_ char *path = artefact(b, b->recipe.name, ".efi");
	int r = path ? make_command_line(b, err) : error_oom(err);

	if (r >= 0 && !e)
		r = error_set(err, -ENOENT, "the image has no 'usr/lib/os-release'");
	if (r >= 0)
		r = content_read(&e->content, OS_RELEASE_MAX, &b->os_release, err);
	if (r < 0)
		return r;

	const struct uki_efi_inputs inputs = {
		.build_root = &b->build_root,
		.kernel = b->kernel->unpacked.tree,
		.kernel_release = b->modules.release,
		.initrd = b->initrd,
		.os_release = buffer_span(&b->os_release),
		.command_line = buffer_text(&b->command_line),
	};

	return uki_efi_write(&inputs, path, err);
}

static int step_disk(struct build *b, struct error **err)
{
	_cleanup_free_ char *uki = artefact(b, b->recipe.name, ".efi");
	_cleanup_free_ char *raw = artefact(b, b->recipe.name, ".raw");
	struct disk_raw_parts parts = {
		.uki = uki,
		.root = &b->root_image.pieces,
		.verity = buffer_span(&b->verity.bytes),
	};

	if (!uki || !raw)
		return error_oom(err);
	memcpy(parts.root_hash, b->verity.root_hash, sizeof parts.root_hash);
	return disk_raw_write(&parts, raw, &b->raw, err);
}

static int find_firmware(const struct package_trees *packages, const char *path,
			 const struct tree_entry **ret, struct error **err)
{
	for (size_t i = 0; i < packages->n; i++) {
		const struct tree_entry *e = tree_resolve(packages->items[i].unpacked.tree, path);

		if (e && e->type == TREE_FILE) {
			*ret = e;
			return 0;
		}
	}
	return error_set(err, -ENOENT, "no firmware package of the lock has '%s'", path);
}

static int step_firmware(struct build *b, struct error **err)
{
	_cleanup_(package_trees_release) struct package_trees packages = {0};
	_cleanup_(tree_freep) struct tree *files = tree_new();
	_cleanup_free_ char *directory = artefact(b, "firmware", "");
	int r = files && directory ? package_trees_unpack(&b->store, &b->lock.sets[LOCK_FIRMWARE],
							  "unpack firmware", b->options->progress,
							  &packages, err)
				   : error_oom(err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(firmware_files); i++) {
		const struct tree_entry *found = NULL;

		r = find_firmware(&packages, firmware_files[i].path, &found, err);
		if (r < 0)
			break;

		struct tree_entry e = *found;

		e.path = firmware_files[i].name;
		r = tree_add(files, &e, TREE_REFUSE, err);
	}
	if (r >= 0)
		r = directory_make(directory, err);
	return r < 0 ? r : tree_materialise(files, directory, err);
}

static int write_vhd(struct build *b, struct error **err)
{
	_cleanup_free_ char *raw = artefact(b, b->recipe.name, ".raw");
	_cleanup_free_ char *vhd = artefact(b, b->recipe.name, ".vhd");
	int r = raw && vhd ? disk_vhd_write(raw, &b->raw, vhd, &b->vhd, err) : error_oom(err);

	return r < 0 ? error_wrap(err, r, "disk") : 0;
}

static int write_measurements(struct build *b, struct error **err)
{
	_cleanup_free_ char *raw = artefact(b, b->recipe.name, ".raw");
	_cleanup_free_ char *path = artefact(b, "measurements", ".json");
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_(buffer_release) struct buffer json = BUFFER_INIT(REPORT_MAX);
	const struct measure_options options = {
		.boot = {.kind = BOOT_DISK},
		.file_sha256 = &b->raw.sha256,
	};
	int r = raw && path ? measure_file(raw, &options, &m, err) : error_oom(err);

	if (r >= 0)
		r = measurement_require(&m, err);
	if (r >= 0)
		r = measurement_json(&m, &json, err);
	if (r >= 0)
		r = artifacts_write_file(path, buffer_span(&json), err);
	return r < 0 ? error_wrap(err, r, "measurements") : 0;
}

static int write_one(void *context, size_t index, struct error **err)
{
	return index == 0 ? write_measurements(context, err) : write_vhd(context, err);
}

/* Both need the finished disk, and neither the other: one hashes, the other copies. */
static int step_measurements_and_vhd(struct build *b, struct error **err)
{
	int r;

	progress_begin(b->options->progress, "measurements, VHD", 0, false);
	r = parallel_for(2, 2, write_one, b, err);
	if (r >= 0)
		progress_end(b->options->progress, NULL);
	return r;
}

static int step_manifest(struct build *b, struct error **err)
{
	const size_t n = b->packages.n + b->debug_packages.n;
	_cleanup_free_ const struct package_tree **packages = calloc(n, sizeof *packages);
	_cleanup_free_ char *raw = string_printf("%s.raw", b->recipe.name);
	_cleanup_free_ char *vhd = string_printf("%s.vhd", b->recipe.name);
	_cleanup_free_ char *efi = string_printf("%s.efi", b->recipe.name);
	_cleanup_free_ char *path = artefact(b, "manifest", ".json");
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(MANIFEST_MAX);
	int r;

	if (!packages || !raw || !vhd || !efi || !path)
		return error_oom(err);
	for (size_t i = 0; i < n; i++)
		packages[i] = i < b->packages.n ? &b->packages.items[i]
						: &b->debug_packages.items[i - b->packages.n];

	const struct manifest_artefact artefacts[] = {
		{efi, b->raw.uki_size, b->raw.uki_sha256},
		{raw, b->raw.size, b->raw.sha256},
		{vhd, b->vhd.size, b->vhd.sha256},
	};
	const struct manifest_inputs inputs = {
		.lock = &b->lock,
		.lock_sha256 = digest_bytes(DIGEST_SHA256, buffer_span(&b->lock_text)),
		.debug = b->options->debug,
		.packages = packages,
		.n_packages = n,
		.artefacts = artefacts,
		.n_artefacts = ARRAY_SIZE(artefacts),
		.command_line = buffer_text(&b->command_line),
		.root_hash = b->verity.root_hash_hex,
		.root_size = b->verity.data_size,
		.policy_key = b->recipe.policy_key.pem,
		.recovery_key = b->recipe.recovery_key.pem,
	};

	r = manifest_format(&inputs, &text, err);
	return r < 0 ? r : artifacts_write_file(path, buffer_span(&text), err);
}

/* The order of a build. Nothing else knows it. */
static const struct step {
	const char *name; /* NULL: the step reports its own progress */
	int (*run)(struct build *b, struct error **err);
} steps[] = {
	{"check store", step_check_store},
	{NULL, step_fetch},
	{NULL, step_build_root},
	{NULL, step_unpack},
	{"guest programs", step_guest_programs},
	{"root tree", step_root_tree},
	{"root.erofs", step_root_erofs},
	{"root.verity", step_root_verity},
	{"initrd", step_initrd},
	{"uki", step_uki},
	{"disk", step_disk},
	{NULL, step_firmware},
	{NULL, step_measurements_and_vhd},
	{"manifest", step_manifest},
};

static int run_steps(struct build *b, struct error **err)
{
	struct progress *progress = b->options->progress;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].name)
			progress_begin(progress, steps[i].name, 0, false);

		int r = steps[i].run(b, err);

		if (r < 0 && steps[i].name)
			r = error_wrap(err, r, "%s", steps[i].name);
		if (r < 0)
			r = shortage_explain(b->artifacts.temporary, r, err);
		if (r < 0)
			return shortage_explain(b->store.path, r, err);
		if (steps[i].name)
			progress_end(progress, NULL);
	}
	return 0;
}

static int read_inputs(struct build *b, struct error **err)
{
	const struct build_options *o = b->options;
	const char *lock_path;
	struct digest request;
	int r = recipe_read(&o->recipes, o->image, &b->recipe, err);

	if (r >= 0)
		r = given_check(o->given, &b->recipe, err);
	if (r < 0)
		return r;
	if (!o->lock)
		r = recipe_folders_find_lock(&o->recipes, o->image, &b->lock_path, err);
	else if (!(b->lock_path = strdup(o->lock)))
		r = error_oom(err);
	if (r < 0)
		return r;
	lock_path = b->lock_path;
	if (!path_exists(lock_path))
		return error_set(err, -ENOENT, "no lock '%s': make one with 'tdnode lock %s'",
				 lock_path, o->image);
	r = file_read(lock_path, LOCK_MAX, &b->lock_text, err);
	if (r < 0)
		return r;
	r = lock_parse(buffer_span(&b->lock_text), &b->lock, err);
	if (r < 0)
		return error_wrap(err, r, "%s", lock_path);

	r = recipe_request_digest(&b->recipe, &request, err);
	if (r < 0)
		return r;
	if (!string_equal(b->lock.image, o->image) || !digest_equal(&b->lock.request, &request))
		return error_set(err, -ESTALE,
				 "%s was made for another recipe than %s: run 'tdnode lock %s'",
				 lock_path, b->recipe.directory, o->image);
	return 0;
}

static int file_size(const char *directory, const char *name, const char *suffix, uint64_t *ret,
		     struct error **err)
{
	_cleanup_free_ char *path = string_printf("%s/%s%s", directory, name, suffix);
	struct stat st;

	if (!path)
		return error_oom(err);
	if (stat(path, &st) < 0)
		return error_errno(err, errno, "%s", path);
	*ret = (uint64_t)st.st_size;
	return 0;
}

/* What the folder holds, whether it was made now or before. */
static int report(const struct build *b, bool current, struct build_result *ret, struct error **err)
{
	struct build_result result = {
		.directory = strdup(b->artifacts.path),
		.lock = strdup(b->lock_path),
		.lock_date = lock_date(&b->lock),
		.current = current,
	};
	const char *name = b->recipe.name;
	_cleanup_free_ char *raw = string_printf("%s.raw", name);
	_cleanup_free_ char *manifest = path_join(b->artifacts.path, "manifest.json");
	int r = result.directory && result.lock && raw && manifest ? 0 : error_oom(err);

	if (r >= 0)
		r = manifest_read_digest(manifest, raw, &result.raw_sha256, err);
	if (r >= 0)
		r = file_size(result.directory, name, ".raw", &result.raw_size, err);
	if (r >= 0)
		r = file_size(result.directory, name, ".vhd", &result.vhd_size, err);
	if (r >= 0)
		r = file_size(result.directory, name, ".efi", &result.uki_size, err);
	if (r < 0) {
		build_result_release(&result);
		return r;
	}
	*ret = result;
	return 0;
}

/* `tdnode sign` leaves its policy beside the disk. */
static int was_signed(const struct build *b, bool *ret, struct error **err)
{
	_cleanup_free_ char *policy =
		string_printf("%s/%s.policy", b->artifacts.path, b->recipe.name);

	if (!policy)
		return error_oom(err);
	*ret = path_exists(policy);
	return 0;
}

int build_image(const struct build_options *options, struct build_result *ret, struct error **err)
{
	_cleanup_(build_release) struct build b = {
		.options = options,
		.lock_text = BUFFER_INIT(LOCK_MAX),
		.artifacts = ARTIFACTS_INIT,
		.os_release = BUFFER_INIT(OS_RELEASE_MAX),
		.command_line = BUFFER_INIT(COMMAND_LINE_MAX),
	};
	bool signed_before = false;
	int r = shortage_check_files(OPEN_FILES_MIN, err);

	if (r >= 0)
		r = read_inputs(&b, err);
	if (r < 0)
		return r;

	const struct build_key_inputs key_inputs = {
		.source = options->source,
		.recipe = &b.recipe,
		.lock = buffer_span(&b.lock_text),
		.debug = options->debug,
	};
	_cleanup_free_ char *folder =
		string_printf("%s%s", options->image, options->debug ? "-debug" : "");

	r = folder ? build_key(&key_inputs, &b.key, err) : error_oom(err);
	if (r >= 0)
		r = artifacts_open(options->artifacts, folder, &b.artifacts, err);
	if (r < 0)
		return r;
	if (artifacts_current(&b.artifacts, &b.key))
		return report(&b, true, ret, err);
	r = was_signed(&b, &signed_before, err);
	if (r < 0)
		return r;
	r = store_open(options->store, &b.store, err);
	b.store.notes = options->notes;
	if (r >= 0)
		r = artifacts_begin(&b.artifacts, err);
	if (r >= 0)
		r = run_steps(&b, err);
	if (r >= 0)
		r = artifacts_commit(&b.artifacts, &b.key, err);
	if (r >= 0)
		r = report(&b, false, ret, err);
	if (r >= 0)
		ret->unsigned_now = signed_before;
	return r;
}
