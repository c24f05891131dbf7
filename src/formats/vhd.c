#include "formats/vhd.h"

#include <errno.h>
#include <inttypes.h>

#define VHD_COOKIE "conectix"
#define VHD_FEATURES_RESERVED 0x00000002u /* a bit that is always set */
#define VHD_FILE_FORMAT_VERSION 0x00010000u
#define VHD_DISK_TYPE_FIXED 2u
#define VHD_CREATOR_HOST_OS "Wi2k"
/* 65535 cylinders, 16 heads, 255 sectors. */
#define VHD_GEOMETRY_LARGEST 0xffff10ffu
#define VHD_CHECKSUM_OFFSET 64u

/* One's complement of the sum of all bytes, the checksum itself taken as zero. */
static uint32_t checksum(const uint8_t footer[VHD_FOOTER_SIZE])
{
	uint32_t sum = 0;

	for (size_t i = 0; i < VHD_FOOTER_SIZE; i++)
		if (i < VHD_CHECKSUM_OFFSET || i >= VHD_CHECKSUM_OFFSET + 4)
			sum += footer[i];
	return ~sum;
}

int vhd_encode(const struct vhd_footer *f, uint8_t ret[VHD_FOOTER_SIZE], struct error **err)
{
	if (f->current_size == 0 || f->current_size % VHD_ALIGNMENT != 0)
		return error_set(err, -EINVAL,
				 "a disk of %" PRIu64 " bytes is not a multiple of 1 MiB",
				 f->current_size);
	memset(ret, 0, VHD_FOOTER_SIZE);
	memcpy(ret, VHD_COOKIE, 8);
	put_be32(ret + 8, VHD_FEATURES_RESERVED);
	put_be32(ret + 12, VHD_FILE_FORMAT_VERSION);
	put_be64(ret + 16, UINT64_MAX); /* Data Offset: fixed disks have none */
	put_be32(ret + 24, f->time_stamp);
	memcpy(ret + 28, f->creator_application, 4);
	put_be32(ret + 32, f->creator_version);
	memcpy(ret + 36, VHD_CREATOR_HOST_OS, 4);
	put_be64(ret + 40, f->current_size);
	put_be64(ret + 48, f->current_size);
	put_be32(ret + 56, VHD_GEOMETRY_LARGEST);
	put_be32(ret + 60, VHD_DISK_TYPE_FIXED);
	memcpy(ret + 68, f->unique_id, 16);
	put_be32(ret + VHD_CHECKSUM_OFFSET, checksum(ret));
	return 0;
}

int vhd_parse(struct span footer, uint64_t raw_size, struct vhd_footer *ret, struct error **err)
{
	const uint8_t *p = footer.p;

	if (footer.n != VHD_FOOTER_SIZE)
		return error_set(err, -ERROR_MALFORMED, "VHD footer: %zu bytes, not %u", footer.n,
				 VHD_FOOTER_SIZE);
	if (memcmp(p, VHD_COOKIE, 8) != 0)
		return error_set(err, -ERROR_MALFORMED, "VHD footer: the cookie is not 'conectix'");
	if (get_be32(p + VHD_CHECKSUM_OFFSET) != checksum(p))
		return error_set(err, -ERROR_MALFORMED, "VHD footer: the checksum is wrong");
	if (get_be32(p + 12) != VHD_FILE_FORMAT_VERSION)
		return error_set(err, -ERROR_MALFORMED,
				 "VHD footer: the file format version is 0x%08" PRIx32
				 ", not 0x%08x",
				 get_be32(p + 12), VHD_FILE_FORMAT_VERSION);
	if (get_be32(p + 60) != VHD_DISK_TYPE_FIXED)
		return error_set(err, -ERROR_MALFORMED,
				 "VHD footer: the disk type is %" PRIu32 ", not fixed (2)",
				 get_be32(p + 60));
	if (raw_size == 0)
		return error_set(err, -ERROR_MALFORMED, "VHD footer: there is no disk before it");
	if (get_be64(p + 48) != raw_size)
		return error_set(err, -ERROR_MALFORMED,
				 "VHD footer: the size is %" PRIu64 ", but the disk has %" PRIu64
				 " bytes",
				 get_be64(p + 48), raw_size);

	*ret = (struct vhd_footer){
		.time_stamp = get_be32(p + 24),
		.creator_version = get_be32(p + 32),
		.current_size = raw_size,
	};
	memcpy(ret->creator_application, p + 28, 4);
	memcpy(ret->unique_id, p + 68, 16);
	return 0;
}
