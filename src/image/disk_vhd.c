#include "image/disk_vhd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "formats/derived_uuid.h"
#include "formats/vhd.h"
#include "image/artifacts.h"
#include "image/sparse_write.h"

/* Copied before the disk is asked to take it. */
#define COPY_SIZE (16 << 20)

/* Copies the data between holes. */
static int copy_data(int in, uint64_t size, int out, struct error **err)
{
	off_t end = (off_t)size;

	for (off_t at = 0; at < end;) {
		off_t data = lseek(in, at, SEEK_DATA);

		if (data < 0 && errno == ENXIO)
			return 0; /* only a hole is left */

		off_t hole = data < 0 ? -1 : lseek(in, data, SEEK_HOLE);

		if (hole < 0 || lseek(out, data, SEEK_SET) < 0)
			return error_errno(err, errno, "cannot seek");

		hole = MIN(hole, data + COPY_SIZE);

		int r = copy_range(in, data, (uint64_t)(hole - data), out);

		if (r < 0)
			return error_errno(err, -r, "cannot copy the raw image");
		sparse_write_back(out, (uint64_t)data, (uint64_t)(hole - data));
		at = hole;
	}
	return 0;
}

static int copy_raw(const char *raw, uint64_t size, int out, struct error **err)
{
	_cleanup_close_ int in = open(raw, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return error_errno(err, errno, "%s", raw);
	if ((uint64_t)st.st_size != size)
		return error_set(err, -EIO, "%s is not the image that was written", raw);
	/* Shares all blocks on file systems that can. */
	if (ioctl(out, FICLONE, in) == 0)
		return 0;
	return copy_data(in, size, out, err);
}

static int make_footer(const struct disk_raw *disk, uint8_t ret[VHD_FOOTER_SIZE],
		       struct error **err)
{
	struct vhd_footer f = {
		.creator_version = VHD_CREATOR_VERSION_SIZE_FIELD,
		.current_size = disk->size,
	};

	memcpy(f.creator_application, VHD_CREATOR_SIZE_FIELD, sizeof(f.creator_application));
	derived_uuid("vhd", digest_span(&disk->sha256), f.unique_id);
	return vhd_encode(&f, ret, err);
}

static int write_output(const char *raw, const struct disk_raw *disk,
			const uint8_t footer[VHD_FOOTER_SIZE], const char *output,
			struct error **err)
{
	_cleanup_(output_release) struct output o = OUTPUT_INIT;
	int r = output_open(output, &o, err);

	if (r >= 0)
		r = copy_raw(raw, disk->size, o.fd, err);
	if (r < 0)
		return r;
	r = pwrite_full(o.fd, SPAN(footer, VHD_FOOTER_SIZE), (off_t)disk->size);
	if (r < 0)
		return error_errno(err, -r, "%s", output);
	return artifacts_commit_file(&o, err);
}

int disk_vhd_write(const char *raw, const struct disk_raw *disk, const char *output,
		   struct disk_vhd *ret, struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *stream =
		digest_stream_copy(disk->stream);
	uint8_t footer[VHD_FOOTER_SIZE];
	int r;

	if (!stream)
		return error_oom(err);
	r = make_footer(disk, footer, err);
	if (r >= 0)
		r = write_output(raw, disk, footer, output, err);
	if (r < 0)
		return error_wrap(err, r, "VHD");
	digest_stream_add(stream, SPAN(footer, sizeof(footer)));
	*ret = (struct disk_vhd){
		.size = disk->size + VHD_FOOTER_SIZE,
		.sha256 = digest_stream_end(stream),
	};
	return 0;
}
