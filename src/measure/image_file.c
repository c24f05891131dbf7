#include "measure/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "formats/qcow2.h"
#include "formats/vhd.h"
#include "measure/disk.h"
#include "measure/image_expand.h"

#define TEMPORARY_FOLDER "/var/tmp"

/* What stands at the beginning of containers that are not read. */
static const struct {
	struct span magic;
	const char *name;
} refused[] = {
	{SPAN_LITERAL("conectix"), "a dynamic VHD"},
	{SPAN_LITERAL("vhdxfile"), "a VHDX"},
	{SPAN_LITERAL("KDMV"), "a VMDK"},
	{SPAN_LITERAL("COWD"), "a VMDK"},
	{SPAN_LITERAL("# Disk DescriptorFile"), "a VMDK"},
	{SPAN_LITERAL("PK\3\4"), "a zip archive"},
};

const char *image_file_format_name(enum image_file_format format)
{
	static const char *const names[] = {
		[IMAGE_FILE_UKI] = "uki",	  [IMAGE_FILE_RAW] = "raw",
		[IMAGE_FILE_FIXED_VHD] = "vhd",	  [IMAGE_FILE_QCOW2] = "qcow2",
		[IMAGE_FILE_GCP_TAR] = "gcp-tar",
	};

	return names[format];
}

void image_file_release(struct image_file *f)
{
	file_map_release(&f->expanded);
	file_map_release(&f->file_map);
	*f = (struct image_file){0};
}

static bool begins_with(struct span file, struct span magic)
{
	struct span start;

	return span_slice(file, 0, magic.n, &start) && span_equal(start, magic);
}

static int refuse_by_name(struct span file, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		if (begins_with(file, refused[i].magic))
			return error_set(err, -EOPNOTSUPP,
					 "%s: convert it to a raw disk with 'qemu-img convert' or "
					 "unpack it",
					 refused[i].name);
	}
	return 0;
}

/* The folder must hold files as large as the disk, so not /tmp, which is often memory. */
static int open_temporary(int *ret, struct error **err)
{
	const char *folder = getenv("TMPDIR");

	if (!folder || !folder[0])
		folder = TEMPORARY_FOLDER;

	_cleanup_close_ int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* Not every file system can make files without a name. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		_cleanup_free_ char *path = string_printf("%s/tdnode.XXXXXX", folder);

		if (!path)
			return error_oom(err);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	if (fd < 0)
		return error_errno(err, errno, "cannot make a temporary file in '%s'", folder);
	*ret = TAKE_FD(fd);
	return 0;
}

static int map_temporary(int fd, struct file_map *ret, struct error **err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, errno, "cannot read the temporary file");
	if (st.st_size == 0)
		return error_set(err, -ERROR_MALFORMED, "the disk in it is empty");

	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return error_errno(err, errno, "cannot map the temporary file");
	ret->data = SPAN(p, (size_t)st.st_size);
	return 0;
}

static int expand(struct image_file *f, int (*into)(struct span, int, struct error **),
		  struct error **err)
{
	_cleanup_close_ int fd = -1;
	int r = open_temporary(&fd, err);

	if (r >= 0)
		r = into(f->file, fd, err);
	if (r >= 0)
		r = map_temporary(fd, &f->expanded, err);
	f->content = f->expanded.data;
	return r;
}

/* True if the file ends with the footer of a VHD. */
static bool split_vhd(struct span file, struct span *ret_raw, struct span *ret_footer)
{
	return file.n > VHD_FOOTER_SIZE &&
	       span_slice(file, file.n - VHD_FOOTER_SIZE, VHD_FOOTER_SIZE, ret_footer) &&
	       span_slice(file, 0, file.n - VHD_FOOTER_SIZE, ret_raw) &&
	       begins_with(*ret_footer, SPAN_LITERAL("conectix"));
}

static int find_content(struct image_file *f, struct error **err)
{
	struct vhd_footer parsed;
	struct span raw, footer;
	int r = refuse_by_name(f->file, err);

	if (r < 0)
		return r;
	if (split_vhd(f->file, &raw, &footer)) {
		f->format = IMAGE_FILE_FIXED_VHD;
		f->content = raw;
		return vhd_parse(footer, raw.n, &parsed, err);
	}
	if (qcow2_recognise(f->file)) {
		f->format = IMAGE_FILE_QCOW2;
		return expand(f, image_expand_qcow2, err);
	}
	f->format = disk_recognise(f->file) ? IMAGE_FILE_RAW : IMAGE_FILE_UKI;
	if (f->format == IMAGE_FILE_UKI && image_expand_recognises_tar(f->file)) {
		f->format = IMAGE_FILE_GCP_TAR;
		return expand(f, image_expand_tar, err);
	}
	f->content = f->file;
	return 0;
}

int image_file_open(const char *path, struct image_file *ret, struct error **err)
{
	_cleanup_(image_file_release) struct image_file f = {0};
	int r = file_map(path, &f.file_map, err);

	if (r < 0)
		return r;
	f.file = f.file_map.data;
	r = find_content(&f, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	*ret = f;
	f = (struct image_file){0};
	return 0;
}
