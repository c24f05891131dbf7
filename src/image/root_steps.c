#include "image/root_steps.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"

/* Account files and sysusers.d are a few kilobytes; a CA bundle 250 kB. */
#define ACCOUNT_FILE_MAX (1u << 20)
#define CA_BUNDLE_MAX (8u << 20)
#define OS_RELEASE_MAX (64u << 10)

#define CA_FOLDER "usr/share/ca-certificates/"
#define CA_BUNDLE "etc/ssl/certs/ca-certificates.crt"
#define BUNDLE_FOLDER "usr/lib/bundle"
#define WANTS_FOLDER "etc/systemd/system/tdnode.target.wants/"

static const struct {
	const char *path;
	uint16_t mode;
} account_files[] = {
	{"etc/group", 0644},
	{"etc/gshadow", 0600},
	{"etc/passwd", 0644},
	{"etc/shadow", 0600},
};

/* Adds a file of root's with these bytes. */
static int add_file(struct tree *t, const char *path, uint16_t mode, struct span bytes,
		    const char *origin, struct error **err)
{
	const struct tree_entry e = {
		.path = path,
		.type = TREE_FILE,
		.mode = mode,
		.content = {.size = bytes.n, .bytes = bytes.n ? bytes.p : (const uint8_t *)""},
		.origin = origin,
	};

	return tree_add(t, &e, TREE_REPLACE, err);
}

static bool is_sysusers_input(const char *path)
{
	if (string_starts(path, "usr/lib/sysusers.d/") || string_starts(path, "etc/sysusers.d/"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(account_files); i++) {
		if (string_equal(path, account_files[i].path))
			return true;
	}
	return false;
}

/* The part of the tree that systemd-sysusers reads, and its digest. */
static int sysusers_inputs(const struct tree *t, struct tree **ret, struct digest *ret_key,
			   const struct build_root *b, struct error **err)
{
	_cleanup_(tree_freep) struct tree *inputs = tree_new();
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_new(DIGEST_SHA256);

	if (!inputs || !d)
		return error_oom(err);
	digest_stream_add(d, digest_span(&b->key));
	for (size_t i = 0; i < tree_count(t); i++) {
		const struct tree_entry *e = tree_at(t, i);
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ACCOUNT_FILE_MAX);
		int r;

		if (e->type != TREE_FILE || !is_sysusers_input(e->path))
			continue;
		r = content_read(&e->content, ACCOUNT_FILE_MAX, &text, err);
		if (r >= 0)
			r = tree_add(inputs, e, TREE_REFUSE, err);
		if (r < 0)
			return error_wrap(err, r, "%s", e->path);
		digest_stream_add_text(d, e->path);

		struct digest content = digest_bytes(DIGEST_SHA256, buffer_span(&text));

		digest_stream_add(d, digest_span(&content));
	}

	int r = tree_add_parents(inputs, err);

	if (r < 0)
		return r;
	*ret_key = digest_stream_end(d);
	*ret = TAKE_PTR(inputs);
	return 0;
}

struct sysusers_context {
	const struct build_root *build_root;
	const struct tree *inputs;
};

static int run_sysusers(void *context, const char *directory, struct error **err)
{
	struct sysusers_context *c = context;
	_cleanup_free_ char *etc = path_join(directory, "etc");
	const char *const argv[] = {"systemd-sysusers", "--root=/work/root", NULL};
	const struct sandbox_folder folders[] = {{directory, "/work/root", true}, {0}};
	const struct sandbox_command command = {argv, folders, "/work", -1};
	int r = etc ? tree_materialise(c->inputs, directory, err) : error_oom(err);

	if (r >= 0)
		r = directory_make(etc, err);
	if (r >= 0)
		r = build_root_run(c->build_root, &command, NULL, err);
	/* It makes the password files unreadable, also for an ordinary user who builds. */
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(account_files); i++) {
		_cleanup_free_ char *path = path_join(directory, account_files[i].path);

		if (!path)
			return error_oom(err);
		if (chmod(path, 0644) < 0)
			return error_errno(err, errno, "%s", path);
	}
	return r;
}

int root_step_sysusers(struct tree *t, const struct store *s, const struct build_root *b,
		       struct error **err)
{
	_cleanup_(tree_freep) struct tree *inputs = NULL;
	_cleanup_free_ char *directory = NULL;
	char hex[DIGEST_HEX_MAX];
	struct digest key;
	int r = sysusers_inputs(t, &inputs, &key, b, err);

	if (r < 0)
		return r;
	digest_hex(&key, hex);

	struct sysusers_context context = {b, inputs};
	_cleanup_free_ char *step = string_printf("sysusers-%s", hex);

	r = step ? store_folder(s, STORE_STEPS, step, run_sysusers, &context, &directory, err)
		 : error_oom(err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(account_files); i++) {
		_cleanup_free_ char *path = path_join(directory, account_files[i].path);
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ACCOUNT_FILE_MAX);

		r = path ? file_read(path, ACCOUNT_FILE_MAX, &text, err) : error_oom(err);
		if (r >= 0)
			r = add_file(t, account_files[i].path, account_files[i].mode,
				     buffer_span(&text), "step sysusers", err);
	}
	return r < 0 ? error_wrap(err, r, "step sysusers") : 0;
}

int root_step_ca_certificates(struct tree *t, struct error **err)
{
	_cleanup_(buffer_release) struct buffer bundle = BUFFER_INIT(CA_BUNDLE_MAX);

	for (size_t i = 0; i < tree_count(t); i++) {
		const struct tree_entry *e = tree_at(t, i);

		if (e->type != TREE_FILE || !string_starts(e->path, CA_FOLDER) ||
		    !string_ends(e->path, ".crt"))
			continue;

		int r = content_read(&e->content, CA_BUNDLE_MAX, &bundle, err);

		if (r < 0)
			return error_wrap(err, r, "%s", e->path);
		if (bundle.n && bundle.p[bundle.n - 1] != '\n')
			buffer_put_u8(&bundle, '\n');
	}
	if (!buffer_ok(&bundle))
		return error_oom(err);
	if (bundle.n == 0)
		return error_set(err, -ENOENT,
				 "step ca-certificates: no certificate below '" CA_FOLDER "'");
	return add_file(t, CA_BUNDLE, 0644, buffer_span(&bundle), "step ca-certificates", err);
}

static int bundle_key(const struct tree_entry *program, const struct build_root *b,
		      struct digest *ret, struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_new(DIGEST_SHA256);
	_cleanup_(file_map_release) struct file_map map = {0};
	const struct content *c = &program->content;
	struct span bytes = SPAN(c->bytes, c->size);
	int r = c->bytes ? 0 : file_map(c->file, &map, err);

	if (r < 0)
		return r;
	if (!c->bytes && !span_slice(map.data, c->offset, c->size, &bytes))
		return error_set(err, -ENODATA, "%s: shorter than it was", c->file);
	if (!d)
		return error_oom(err);
	digest_stream_add(d, digest_span(&b->key));
	digest_stream_add_text(d, program->path);
	digest_stream_add(d, bytes);
	*ret = digest_stream_end(d);
	return 0;
}

struct bundle_context {
	const struct build_root *build_root;
	const struct tree_entry *program;
};

/* The program goes to program/NAME, and what it unpacks to bundle/NAME/ID, below `directory`. */
static int run_bundle(void *context, const char *directory, struct error **err)
{
	struct bundle_context *c = context;
	const char *name = path_basename(c->program->path);
	_cleanup_(tree_freep) struct tree *alone = tree_new();
	_cleanup_free_ char *program = path_join(directory, "program");
	_cleanup_free_ char *bundle = path_join(directory, "bundle");
	_cleanup_free_ char *inside = path_join("/work/program", name);
	struct tree_entry e = *c->program;
	int r = alone && program && bundle && inside ? 0 : error_oom(err);

	e.path = name;
	e.link = 0;
	if (r >= 0)
		r = tree_add(alone, &e, TREE_REFUSE, err);
	if (r >= 0)
		r = directory_make(program, err);
	if (r >= 0)
		r = directory_make(bundle, err);
	if (r >= 0)
		r = tree_materialise(alone, program, err);
	if (r < 0)
		return r;

	const char *const argv[] = {inside, "--version", NULL};
	const char *const environment[] = {"DOTNET_BUNDLE_EXTRACT_BASE_DIR",
					   "/work/bundle",
					   "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT",
					   "1",
					   "DOTNET_EnableDiagnostics",
					   "0",
					   NULL};
	const struct sandbox_folder folders[] = {
		{program, "/work/program", false}, {bundle, "/work/bundle", true}, {0}};
	const struct sandbox_command command = {argv, folders, "/work", -1};

	r = build_root_run_with(c->build_root, &command, environment, NULL, err);
	return r < 0 ? r : directory_remove(program, err);
}

int root_step_bundle(struct tree *t, const char *program, const struct store *s,
		     const struct build_root *b, struct error **err)
{
	const struct tree_entry *e = tree_find(t, program);
	_cleanup_free_ char *directory = NULL;
	char hex[DIGEST_HEX_MAX];
	struct digest key;
	int r;

	if (!e || e->type != TREE_FILE)
		return error_set(err, -ENOENT, "Bundle=%s: no such program in the image", program);
	r = bundle_key(e, b, &key, err);
	if (r < 0)
		return error_wrap(err, r, "Bundle=%s", program);
	digest_hex(&key, hex);

	struct bundle_context context = {b, e};
	_cleanup_free_ char *step = string_printf("bundle-%s", hex);

	r = step ? store_folder(s, STORE_STEPS, step, run_bundle, &context, &directory, err)
		 : error_oom(err);
	if (r < 0)
		return error_wrap(err, r, "Bundle=%s", program);

	_cleanup_free_ char *bundle = path_join(directory, "bundle");
	_cleanup_free_ char *unpacked = bundle ? path_join(bundle, path_basename(program)) : NULL;

	if (!unpacked)
		return error_oom(err);
	if (path_is_absent(unpacked))
		return error_set(err, -ERROR_REFUSED, "Bundle=%s: the program has unpacked nothing",
				 program);
	return tree_add_directory(t, bundle, BUNDLE_FOLDER, "step bundle", TREE_REFUSE, err);
}

int root_step_units(struct tree *t, const struct string_list *units, struct error **err)
{
	static const char *const folders[] = {"etc/systemd/system", "usr/lib/systemd/system"};

	for (size_t i = 0; i < units->n; i++) {
		_cleanup_free_ char *target = NULL;

		for (size_t k = 0; k < ARRAY_SIZE(folders) && !target; k++) {
			_cleanup_free_ char *path = path_join(folders[k], units->items[i]);

			if (path && tree_find(t, path))
				target = string_printf("/%s", path);
		}
		if (!target)
			return error_set(err, -ENOENT, "Enable=%s: no such unit in the image",
					 units->items[i]);

		_cleanup_free_ char *path = string_printf(WANTS_FOLDER "%s", units->items[i]);
		const struct tree_entry link = {
			.path = path,
			.type = TREE_SYMLINK,
			.mode = 0777,
			.target = target,
			.origin = "step units",
		};
		int r = path ? tree_add(t, &link, TREE_REPLACE, err) : error_oom(err);

		if (r < 0)
			return r;
	}
	return 0;
}

int root_step_os_release(struct tree *t, const char *image, bool debug, struct error **err)
{
	static const char path[] = "usr/lib/os-release";
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(OS_RELEASE_MAX);
	const struct tree_entry *e = tree_find(t, path);
	int r;

	if (!e || e->type != TREE_FILE)
		return error_set(err, -ENOENT, "no '%s' in the image: is base-files installed?",
				 path);
	r = content_read(&e->content, OS_RELEASE_MAX, &text, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	buffer_printf(&text, "IMAGE_ID=%s\n", image);
	if (debug)
		buffer_put_string(&text, "VARIANT=\"debug\"\nVARIANT_ID=debug\n");
	if (!buffer_ok(&text))
		return error_oom(err);
	return add_file(t, path, 0644, buffer_span(&text), "step os-release", err);
}
