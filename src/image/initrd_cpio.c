#include "image/initrd_cpio.h"

#include "base/file.h"
#include "formats/cpio.h"
#include "formats/decompress.h"

/* Part of the key: another layout or another way to compress makes another archive. */
#define LAYOUT "initrd 1"

static int add_module(struct cpio_writer *w, const struct kernel_module *m, struct buffer *list,
		      struct error **err)
{
	_cleanup_(buffer_release) struct buffer stored = BUFFER_INIT(KERNEL_MODULE_MAX);
	_cleanup_(buffer_release) struct buffer plain = BUFFER_INIT(KERNEL_MODULE_MAX);
	_cleanup_free_ char *path = path_join("modules", m->name);
	int r = path ? content_read(&m->entry->content, KERNEL_MODULE_MAX, &stored, err)
		     : error_oom(err);

	if (r >= 0 && !string_ends(m->entry->path, ".ko"))
		r = decompress(buffer_span(&stored), &plain, err);
	if (r < 0)
		return error_wrap(err, r, "%s", m->entry->path);

	struct span bytes = buffer_span(plain.n ? &plain : &stored);

	cpio_add(w, CPIO_FILE | 0644, path, bytes);
	buffer_put_string(list, m->name);
	for (size_t i = 0; i < m->needs.n; i++)
		buffer_printf(list, " %s", m->needs.items[i]);
	buffer_put_u8(list, '\n');
	return 0;
}

static int make_archive(struct span init, const struct kernel_modules *modules, struct buffer *ret,
			struct error **err)
{
	static const char *const folders[] = {"dev", "modules", "proc", "run", "sys", "sysroot"};
	_cleanup_(buffer_release) struct buffer list = BUFFER_INIT(INITRD_MAX);
	struct cpio_writer w = {.out = ret};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		cpio_add(&w, CPIO_DIRECTORY | 0755, folders[i], SPAN(NULL, 0));
	/* The kernel opens it for init's standard streams before init can mount anything. */
	cpio_add_device(&w, 0600, "dev/console", 5, 1);
	cpio_add(&w, CPIO_FILE | 0755, "init", init);
	for (size_t i = 0; i < modules->n; i++) {
		int r = add_module(&w, &modules->items[i], &list, err);

		if (r < 0)
			return r;
	}
	cpio_add(&w, CPIO_FILE | 0644, "modules.list", buffer_span(&list));
	cpio_end(&w);
	return buffer_ok(ret) && buffer_ok(&list) ? 0 : error_oom(err);
}

/* Over what the archive follows from, so that an archive that is there need not be made to be found. */
static char *initrd_key(const struct build_root *b, struct span init,
			const struct kernel_modules *modules)
{
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_new(DIGEST_SHA256);
	const struct digest program = digest_bytes(DIGEST_SHA256, init);
	char hex[DIGEST_HEX_MAX];
	struct digest key;

	if (!d)
		return NULL;
	digest_stream_add_text(d, LAYOUT);
	digest_stream_add(d, digest_span(&b->key));
	digest_stream_add(d, digest_span(&program));
	digest_stream_add(d, digest_span(&modules->kernel));
	for (size_t i = 0; i < modules->n; i++) {
		const struct kernel_module *m = &modules->items[i];

		/* No path is empty: the end of a list of names cannot be taken for one. */
		digest_stream_add_text(d, m->entry->path);
		for (size_t k = 0; k < m->needs.n; k++)
			digest_stream_add_text(d, m->needs.items[k]);
		digest_stream_add_text(d, "");
	}
	key = digest_stream_end(d);
	digest_hex(&key, hex);
	return string_printf("initrd-%s", hex);
}

struct initrd_context {
	const struct build_root *build_root;
	const struct kernel_modules *modules;
	struct span init;
};

static int make_initrd(void *context, const char *directory, struct error **err)
{
	const struct initrd_context *c = context;
	_cleanup_(buffer_release) struct buffer archive = BUFFER_INIT(INITRD_MAX);
	_cleanup_free_ char *plain = path_join(directory, "initrd.cpio");
	/* One thread: zstd's frames depend on how work is split. */
	const char *const argv[] = {"zstd",	  "-19",  "--single-thread", "--quiet",
				    "--no-check", "--rm", "initrd.cpio",     NULL};
	const struct sandbox_folder folders[] = {{directory, "/work/out", true}, {0}};
	const struct sandbox_command command = {argv, folders, "/work/out", -1};
	int r = plain ? make_archive(c->init, c->modules, &archive, err) : error_oom(err);

	if (r >= 0)
		r = file_write(plain, buffer_span(&archive), err);
	return r < 0 ? r : build_root_run(c->build_root, &command, NULL, err);
}

int initrd_make(const struct store *s, const struct build_root *b, const char *init_program,
		const struct kernel_modules *modules, char **ret_path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer init = BUFFER_INIT(INITRD_MAX);
	_cleanup_free_ char *key = NULL, *directory = NULL;
	struct initrd_context context = {b, modules, {0}};
	int r = file_read(init_program, INITRD_MAX, &init, err);

	if (r >= 0) {
		context.init = buffer_span(&init);
		key = initrd_key(b, context.init, modules);
		r = key ? store_folder(s, STORE_STEPS, key, make_initrd, &context, &directory, err)
			: error_oom(err);
	}
	if (r < 0)
		return error_wrap(err, r, "initrd");
	*ret_path = path_join(directory, "initrd.cpio.zst");
	return *ret_path ? 0 : error_oom(err);
}
