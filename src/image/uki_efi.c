#include "image/uki_efi.h"

#include <errno.h>

#include "base/file.h"
#include "formats/uki_write.h"
#include "image/artifacts.h"

#define STUB_PATH "usr/lib/systemd/boot/efi/linuxx64.efi.stub"
/* Debian 13's has 130 kB. */
#define STUB_MAX (16u << 20)

static int write_pieces(const struct uki_image *image, const char *path, struct error **err)
{
	_cleanup_(output_release) struct output o = OUTPUT_INIT;
	int r = output_open(path, &o, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < image->n_pieces; i++) {
		r = write_full(o.fd, image->pieces[i]);
		if (r < 0)
			return error_errno(err, -r, "cannot write '%s'", path);
	}
	return artifacts_commit_file(&o, err);
}

static int map_kernel(const struct uki_efi_inputs *in, struct file_map *map, struct span *ret,
		      struct error **err)
{
	_cleanup_free_ char *path = string_printf("boot/vmlinuz-%s", in->kernel_release);
	const struct tree_entry *e = path ? tree_find(in->kernel, path) : NULL;
	int r;

	if (!path)
		return error_oom(err);
	if (!e || e->type != TREE_FILE || !e->content.file)
		return error_set(err, -ENOENT, "the kernel package has no '%s'", path);
	if (e->content.size > KERNEL_MAX)
		return error_set(err, -EFBIG, "%s: more than the %u bytes allowed", path,
				 KERNEL_MAX);
	r = file_map(e->content.file, map, err);
	if (r < 0)
		return r;
	if (!span_slice(map->data, e->content.offset, e->content.size, ret))
		return error_set(err, -ENODATA, "%s: shorter than it was", e->content.file);
	return 0;
}

int uki_efi_write(const struct uki_efi_inputs *in, const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer stub = BUFFER_INIT(STUB_MAX);
	_cleanup_(file_map_release) struct file_map initrd = {0};
	_cleanup_(file_map_release) struct file_map package = {0};
	_cleanup_(uki_image_release) struct uki_image image = {0};
	struct span kernel = {0};
	int r = build_root_read(in->build_root, STUB_PATH, STUB_MAX, &stub, err);

	if (r >= 0)
		r = file_map(in->initrd, &initrd, err);
	if (r >= 0)
		r = map_kernel(in, &package, &kernel, err);
	if (r < 0)
		return error_wrap(err, r, "uki");

	const struct uki_input inputs[] = {
		{".osrel", in->os_release},
		{".cmdline", span_string(in->command_line)},
		{".uname", span_string(in->kernel_release)},
		{".initrd", initrd.data},
		{".linux", kernel},
	};

	r = uki_assemble(buffer_span(&stub), inputs, ARRAY_SIZE(inputs), &image, err);
	if (r < 0)
		return error_wrap(err, r, "uki");
	return write_pieces(&image, path, err);
}
