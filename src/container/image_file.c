#include "container/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "container/image_expand.h"
#include "formats/decompress_stream.h"
#include "formats/gpt_firmware.h"
#include "formats/qcow2.h"
#include "formats/vhd.h"

#define TEMPORARY_FOLDER "/var/tmp"

#define CONVERT "convert it to a raw disk with 'qemu-img convert' or unpack it"

/* What is known and not read, by what stands at its beginning. */
struct refusal {
	size_t offset;
	struct span magic;
	const char *what, *advice;
};

static const struct refusal containers[] = {
	{0, SPAN_LITERAL("conectix"), "a dynamic VHD", CONVERT},
	{0, SPAN_LITERAL("vhdxfile"), "a VHDX", CONVERT},
	{0, SPAN_LITERAL("KDMV"), "a VMDK", CONVERT},
	{0, SPAN_LITERAL("COWD"), "a VMDK", CONVERT},
	{0, SPAN_LITERAL("# Disk DescriptorFile"), "a VMDK", CONVERT},
	{0x40, SPAN_LITERAL("\x7f\x10\xda\xbe"), "a VDI", CONVERT},
	{0, SPAN_LITERAL("PK\3\4"), "a zip archive", "unpack it"},
	{0, SPAN_LITERAL("7z\xbc\xaf\x27\x1c"), "a 7z archive", "unpack it"},
	{0, SPAN_LITERAL("\x04\x22\x4d\x18"), "compressed with lz4", "unpack it with 'lz4 -d'"},
};

/* What may lie in a file that is no disk with a GPT and no program. */
static const struct refusal others[] = {
	{0x8001, SPAN_LITERAL("CD001"), "an ISO 9660 image",
	 "only disks with a GPT and images for firmware are read"},
	{510, SPAN_LITERAL("\x55\xaa"), "a disk without a GPT, or a file system",
	 "only disks with a GPT and images for firmware are read"},
};

const char *image_file_format_name(enum image_file_format format)
{
	static const char *const names[] = {
		[IMAGE_FILE_UKI] = "uki",	  [IMAGE_FILE_RAW] = "raw",
		[IMAGE_FILE_FIXED_VHD] = "vhd",	  [IMAGE_FILE_QCOW2] = "qcow2",
		[IMAGE_FILE_GCP_TAR] = "gcp-tar", [IMAGE_FILE_COMPRESSED] = "compressed",
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

static int refuse(struct span file, const struct refusal *list, size_t n, struct error **err)
{
	for (size_t i = 0; i < n; i++) {
		struct span found;

		if (span_slice(file, list[i].offset, list[i].magic.n, &found) &&
		    span_equal(found, list[i].magic))
			return error_set(err, -ERROR_UNSUPPORTED, "%s: %s", list[i].what,
					 list[i].advice);
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

typedef int (*expansion)(struct span file, int fd, struct progress *progress, struct error **err);

static int expand(struct image_file *f, expansion into, struct progress *progress,
		  struct error **err)
{
	_cleanup_close_ int fd = -1;
	int r = open_temporary(&fd, err);

	if (r >= 0)
		r = into(f->file, fd, progress, err);
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

/* The disk in a file that is all of it, up to the footer of a VHD. */
static int find_disk(struct image_file *f, struct span file, struct error **err)
{
	struct vhd_footer parsed;
	struct span raw, footer;

	f->content = file;
	if (!split_vhd(file, &raw, &footer))
		return 0;
	f->content = raw;
	return vhd_parse(footer, raw.n, &parsed, err);
}

/* A tar or a disk, if the file is compressed or a tar; otherwise the format stays. */
static int find_packed(struct image_file *f, struct progress *progress, struct error **err)
{
	const char *compression = decompress_stream_recognise(f->file);
	uint8_t start[IMAGE_EXPAND_PEEK];
	size_t n;
	bool tar;
	int r = image_expand_peek(f->file, start, &n, &tar, err);

	if (r < 0)
		return r;
	if (tar) {
		f->format = IMAGE_FILE_GCP_TAR;
		return expand(f, image_expand_tar, progress, err);
	}
	if (!compression)
		return 0;
	if (gpt_sector_size(SPAN(start, n)) == 0)
		return error_set(
			err, -ERROR_UNSUPPORTED,
			"compressed with %s, but what it holds is not a raw disk: unpack it with "
			"'%s -d'",
			compression, compression);
	f->format = IMAGE_FILE_COMPRESSED;
	r = expand(f, image_expand_compressed, progress, err);
	return r < 0 ? r : find_disk(f, f->expanded.data, err);
}

static int find_content(struct image_file *f, struct progress *progress, struct error **err)
{
	int r = refuse(f->file, containers, ARRAY_SIZE(containers), err);

	if (r < 0)
		return r;
	if (qcow2_recognise(f->file)) {
		f->format = IMAGE_FILE_QCOW2;
		return expand(f, image_expand_qcow2, progress, err);
	}
	r = find_disk(f, f->file, err);
	if (r < 0)
		return r;
	f->format = f->content.n < f->file.n	   ? IMAGE_FILE_FIXED_VHD
		    : gpt_sector_size(f->file) > 0 ? IMAGE_FILE_RAW
						   : IMAGE_FILE_UKI;
	if (f->format == IMAGE_FILE_UKI)
		r = find_packed(f, progress, err);
	if (r >= 0 && f->format == IMAGE_FILE_UKI && !begins_with(f->file, SPAN_LITERAL("MZ")))
		r = refuse(f->file, others, ARRAY_SIZE(others), err);
	return r;
}

int image_file_open(const char *path, struct progress *progress, struct image_file *ret,
		    struct error **err)
{
	_cleanup_(image_file_release) struct image_file f = {0};
	int r = file_map(path, &f.file_map, err);

	if (r < 0)
		return r;
	f.file = f.file_map.data;
	r = find_content(&f, progress, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	*ret = f;
	f = (struct image_file){0};
	return 0;
}
