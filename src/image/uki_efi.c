#include "image/uki_efi.h"

#include <errno.h>

#include "base/file.h"
#include "formats/uki_write.h"

#define STUB_PATH "usr/lib/systemd/boot/efi/linuxx64.efi.stub"

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
	return output_commit(&o, err);
}

static int read_kernel(const struct uki_efi_inputs *in, struct buffer *ret, struct error **err)
{
	_cleanup_free_ char *path = string_printf("boot/vmlinuz-%s", in->kernel_release);
	const struct tree_entry *e = path ? tree_find(in->kernel, path) : NULL;

	if (!path)
		return error_oom(err);
	if (!e || e->type != TREE_FILE)
		return error_set(err, -ENOENT, "the kernel package has no '%s'", path);
	return content_read(&e->content, KERNEL_MAX, ret, err);
}

int uki_efi_write(const struct uki_efi_inputs *in, const char *path, struct error **err)
{
	_cleanup_(file_map_release) struct file_map stub = {0};
	_cleanup_(file_map_release) struct file_map initrd = {0};
	_cleanup_(buffer_release) struct buffer kernel = BUFFER_INIT(KERNEL_MAX);
	_cleanup_(uki_image_release) struct uki_image image = {0};
	_cleanup_free_ char *stub_path = path_join(in->build_root->path, STUB_PATH);
	int r = stub_path ? file_map(stub_path, &stub, err) : error_oom(err);

	if (r >= 0)
		r = file_map(in->initrd, &initrd, err);
	if (r >= 0)
		r = read_kernel(in, &kernel, err);
	if (r < 0)
		return error_wrap(err, r, "uki");

	const struct uki_input inputs[] = {
		{".osrel", in->os_release},
		{".cmdline", span_string(in->command_line)},
		{".uname", span_string(in->kernel_release)},
		{".initrd", initrd.data},
		{".linux", buffer_span(&kernel)},
	};

	r = uki_assemble(stub.data, inputs, ARRAY_SIZE(inputs), &image, err);
	if (r < 0)
		return error_wrap(err, r, "uki");
	return write_pieces(&image, path, err);
}
